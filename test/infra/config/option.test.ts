import { describe, expect, test } from 'vitest';
import { engineOptionDefinitions } from '../../../infra/config/engine-options.js';
import { gatewayOptionDefinitions } from '../../../infra/config/gateway-options.js';
import { logOptionDefinitions } from '../../../infra/config/log-options.js';
import { environmentName, oneOf, switchOption } from '../../../infra/config/option.js';
import { definitionEntries } from '../../../infra/config/resolve.js';
import { workerOptionDefinitions } from '../../../infra/config/worker-options.js';

const groups = {
  engineOptionDefinitions,
  gatewayOptionDefinitions,
  logOptionDefinitions,
  workerOptionDefinitions,
};
const every = Object.values(groups).flatMap((group) => definitionEntries<object>(group));

describe('option definitions', () => {
  test('names of variables follow from names of fields', () => {
    expect(environmentName('natsTlsCa')).toBe('SLIPSTREAM_NATS_TLS_CA');
    expect(environmentName('model')).toBe('SLIPSTREAM_MODEL');
  });

  test('a flag means one thing within a command', () => {
    for (const group of Object.values(groups)) {
      const flags = definitionEntries<object>(group)
        .map(([, definition]) => definition.flag)
        .filter((flag) => flag !== undefined);
      expect(new Set(flags).size).toBe(flags.length);
    }
  });

  test('secrets, and what engines alone set, have no flag', () => {
    const hidden = every.filter(([, definition]) => definition.flag === undefined).map(([key]) => key);
    expect(new Set(hidden)).toEqual(new Set(['natsPassword', 'natsToken', 'keys', 'owner']));
  });

  test.each(every)('%s refuses what is no value at all', (_key, definition) => {
    for (const value of [null, undefined, Number.NaN, {}, [], ''])
      expect(definition.accepts(value)).toBe(false);
  });

  test('text and value are each other’s inverse', () => {
    for (const [key, value] of [
      ['natsUrl', ['nats://a:4222', 'b']],
      ['targets', 7],
      ['offline', true],
      ['mode', 'si'],
      ['model', 'sim:x'],
    ] as const) {
      const definition = Object.fromEntries(every)[key];
      expect(definition?.fromText(definition.toText(value))).toEqual(value);
      expect(definition?.accepts(value)).toBe(true);
    }
  });

  test('switches understand the usual words and nothing else', () => {
    const definition = switchOption({ description: '', defaultText: '' });
    expect(['1', 'TRUE', 'yes', 'on'].map(definition.fromText)).toEqual([true, true, true, true]);
    expect(['0', 'false', 'No', 'off'].map(definition.fromText)).toEqual([false, false, false, false]);
    expect(definition.accepts(definition.fromText('maybe'))).toBe(false);
    expect(definition.accepts(definition.fromText('constructor'))).toBe(false);
  });

  test('choices read as a sentence', () => {
    expect(oneOf(['a'])).toBe('a');
    expect(oneOf(['a', 'b', 'c'])).toBe('a, b or c');
  });
});
