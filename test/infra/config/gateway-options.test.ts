import { describe, expect, test } from 'vitest';
import { compileGatewayOptions, type GatewayOptions } from '../../../infra/config/gateway-options.js';
import { compileLogOptions } from '../../../infra/config/log-options.js';
import { testContext } from './context.js';

describe('compileGatewayOptions', () => {
  test('listens on loopback only, without keys, by default', () => {
    expect(compileGatewayOptions({}, testContext())).toEqual({
      host: '127.0.0.1',
      port: 8080,
      keys: [],
      allowedOrigins: [],
      allowedHosts: [],
      jobs: 0,
      inspect: false,
    });
  });

  test('takes host, port and keys', () => {
    const environment = { SLIPSTREAM_KEYS: 'first-key-1, second-key', SLIPSTREAM_PORT: '0' };
    expect(
      compileGatewayOptions(
        { host: '::', allowedOrigins: ['https://a.example', '*'], allowedHosts: ['inside.example'], jobs: 3 },
        testContext(environment),
      ),
    ).toEqual({
      host: '::',
      port: 0,
      keys: ['first-key-1', 'second-key'],
      allowedOrigins: ['https://a.example', '*'],
      allowedHosts: ['inside.example'],
      jobs: 3,
      inspect: false,
    });
  });

  test('shows state charts on loopback, and elsewhere to those who have a key', () => {
    const environment = { SLIPSTREAM_KEYS: 'first-key-1' };
    for (const host of ['127.0.0.1', 'localhost', '::1'])
      expect(compileGatewayOptions({ host, inspect: true }, testContext()).inspect).toBe(true);
    expect(compileGatewayOptions({ host: '::', inspect: true }, testContext(environment)).inspect).toBe(true);
    expect(() => compileGatewayOptions({ host: '0.0.0.0', inspect: true }, testContext())).toThrow(
      'inspect is true, but must be off for a host that is not loopback, unless keys are set',
    );
  });

  test.each([
    [{ port: 65_536 }, 'port is 65536'],
    [{ port: -1 }, 'port is -1'],
    [{ host: 'a b' }, 'host is "a b"'],
    // A key is a secret.
    [{ keys: ['short'] }, 'keys is a list of 1'],
    [{ jobs: 257 }, 'jobs is 257, but must be a whole number from 0 to 256'],
    [{ allowedOrigins: ['example.org'] }, 'allowedOrigins is "example.org"'],
    [{ allowedHosts: ['host:80'] }, 'allowedHosts is "host:80"'],
  ])('%j is refused', (options: GatewayOptions, message) => {
    expect(() => compileGatewayOptions(options, testContext())).toThrow(message);
  });
});

describe('compileLogOptions', () => {
  test('the command decides the level unless the user does', () => {
    expect(compileLogOptions({}, 'warn', testContext())).toEqual({ level: 'warn', format: 'auto' });
    const environment = { SLIPSTREAM_LOG_LEVEL: 'debug', SLIPSTREAM_LOG_FORMAT: 'json' };
    expect(compileLogOptions({}, 'warn', testContext(environment))).toEqual({
      level: 'debug',
      format: 'json',
    });
    expect(() => compileLogOptions({}, 'warn', testContext({ SLIPSTREAM_LOG_LEVEL: 'loud' }))).toThrow(
      'SLIPSTREAM_LOG_LEVEL is "loud", but must be silent, error, warn, info or debug',
    );
  });
});
