import { describe, expect, it } from 'vitest';
import { parseSimModel } from '../../../infra/sim/sim-options.js';
import { SIM_WORDS, simTokenizer } from '../../../infra/sim/words.js';
import { InvalidOptionError } from '../../../src/core/errors.js';

describe('parseSimModel', () => {
  it('fills in what a URL leaves out', () => {
    const steady = { perTokenMs: 0, jitter: 0, stragglers: 0, stragglerFactor: 5, drift: 1 };
    expect(parseSimModel('sim:target')).toMatchObject({
      role: 'target',
      timing: { ms: 20, ...steady },
      contextTokens: 65_536,
    });
    expect(parseSimModel('sim:drafter')).toMatchObject({
      role: 'drafter',
      timing: { ms: 2, ...steady },
      acceptance: 0.8,
      burst: 1,
      replay: undefined,
    });
    const url =
      'sim:drafter?ms=0.5&first=7&perToken=0.1&jitter=0.2&stragglers=0.01&slow=9&drift=2&acceptance=1&burst=8&context=16';
    expect(parseSimModel(url)).toEqual({
      role: 'drafter',
      timing: { ms: 0.5, perTokenMs: 0.1, jitter: 0.2, stragglers: 0.01, stragglerFactor: 9, drift: 2 },
      firstMs: 7,
      acceptance: 1,
      burst: 8,
      trace: undefined,
      replay: undefined,
      contextTokens: 16,
    });
    expect(parseSimModel('sim:drafter?trace=t.json')).toMatchObject({ trace: 't.json' });
    expect(parseSimModel('sim:drafter?acceptance=0.5&replay=x.json')).toMatchObject({
      acceptance: 0.5,
      replay: 'x.json',
    });
  });

  it.each([
    'sim:',
    'sim:oracle',
    'sim:target?ms=-1',
    'sim:target?ms=',
    'sim:target?ms=fast',
    'sim:target?ms=60001',
    'sim:target?acceptance=0.5',
    'sim:drafter?acceptance=1.1',
    'sim:drafter?acceptance=NaN',
    'sim:drafter?context=15',
    'sim:target?jitter=2.1',
    'sim:target?stragglers=-0.1',
    'sim:target?slow=0.5',
    'sim:target?drift=0',
    'sim:target?burst=4',
    'sim:drafter?burst=0',
    'sim:drafter?speed=1',
    'sim:drafter?trace=t.json&acceptance=0.5',
    'sim:drafter?trace=t.json&burst=2',
    'sim:drafter?trace=t.json&replay=x.json',
    'sim:drafter?replay=x.json&burst=2',
  ])('refuses %s', (url) => {
    expect(() => parseSimModel(url)).toThrow(InvalidOptionError);
  });
});

describe('the words of simulated models', () => {
  it('are told apart, and read back as text', () => {
    expect(new Set(SIM_WORDS).size).toBe(SIM_WORDS.length);
    const ids = simTokenizer.encode('the old river');
    expect(ids.map((id) => Buffer.from(simTokenizer.tokenBytes(id)).toString()).join('')).toBe(
      ' the old river',
    );
  });

  it('stand in for words they do not know, always the same', () => {
    const [first, second] = [simTokenizer.encode('Xyzzy plugh'), simTokenizer.encode('Xyzzy  plugh ')];
    expect(first).toEqual(second);
    for (const id of first) expect(SIM_WORDS[id]).toBeDefined();
    expect(simTokenizer.encode('  ')).toEqual([]);
  });
});
