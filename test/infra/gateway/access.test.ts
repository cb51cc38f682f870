import { describe, expect, test } from 'vitest';
import { type AccessRules, hostAllowed, keyAccepted, originAllowed } from '../../../infra/gateway/access.js';

const open: AccessRules = { keys: [], allowedOrigins: [], allowedHosts: [] };

describe('Host', () => {
  test.each([
    ['localhost:8080', true],
    ['LOCALHOST', true],
    ['app.localhost:1', true],
    ['127.0.0.1:8080', true],
    ['127.3.2.1', true],
    ['[::1]:8080', true],
    ['evil.example:8080', false],
    ['127.0.0.1.evil.example', false],
    ['localhost.evil.example', false],
    ['192.168.0.7', false],
    ['user@localhost', false],
    ['localhost/..', false],
    ['', false],
    [undefined, false],
  ])('on loopback, %s is let in: %s', (host, allowed) => {
    const headers = host === undefined ? {} : { host };
    expect(hostAllowed(headers, '127.0.0.1', open)).toBe(allowed);
    expect(hostAllowed(headers, '::1', open)).toBe(allowed);
  });

  test('a configured name is let in on loopback, and any name elsewhere', () => {
    expect(
      hostAllowed({ host: 'proxy.example' }, '127.0.0.1', { ...open, allowedHosts: ['proxy.example'] }),
    ).toBe(true);
    expect(hostAllowed({ host: 'gpu-7:8080' }, '0.0.0.0', open)).toBe(true);
    expect(hostAllowed({ host: 'bad host' }, '0.0.0.0', open)).toBe(false);
  });
});

describe('Origin', () => {
  test.each([
    [undefined, 'anything:1', true],
    ['http://127.0.0.1:8080', '127.0.0.1:8080', true],
    ['http://localhost:8080', 'localhost:8080', true],
    ['https://10.0.0.5', '10.0.0.5', true],
    ['http://[::1]:8080', '[::1]:8080', true],
    ['http://localhost:5173', 'localhost:8080', false],
    ['http://evil.example', 'localhost:8080', false],
    ['null', 'localhost:8080', false],
    // What a page sees whose name was pointed at this server: the same origin, under a name that anyone can own.
    ['http://evil.example:8080', 'evil.example:8080', false],
  ])('%s asking %s is let in: %s', (origin, host, allowed) => {
    expect(originAllowed({ host, ...(origin && { origin }) }, open)).toBe(allowed);
  });

  test('configured origins and names are let in', () => {
    const headers = { host: 'api.example', origin: 'https://app.example' };
    expect(originAllowed(headers, { ...open, allowedOrigins: ['https://app.example'] })).toBe(true);
    expect(originAllowed(headers, { ...open, allowedOrigins: ['*'] })).toBe(true);
    expect(originAllowed(headers, { ...open, allowedOrigins: ['https://app.example.evil'] })).toBe(false);
    const same = { host: 'api.example', origin: 'https://api.example' };
    expect(originAllowed(same, { ...open, allowedHosts: ['api.example'] })).toBe(true);
  });
});

describe('keys', () => {
  const rules = { ...open, keys: ['first-key-1', 'second+/key='] };
  const offer = (key: string) => ({
    'sec-websocket-protocol': `slipstream.v1, slipstream.key.${Buffer.from(key).toString('base64url')}`,
  });

  test('any of them opens, as a bearer token or as a subprotocol', () => {
    for (const key of rules.keys) {
      expect(keyAccepted({ authorization: `Bearer ${key}` }, rules)).toBe(true);
      expect(keyAccepted({ authorization: `bearer ${key}` }, rules)).toBe(true);
      expect(keyAccepted(offer(key), rules)).toBe(true);
    }
  });

  test('nothing else does', () => {
    for (const key of ['', 'first-key-', 'first-key-11', 'FIRST-KEY-1', 'first-key-1,second+/key='])
      for (const headers of [{ authorization: `Bearer ${key}` }, offer(key)])
        expect(keyAccepted(headers, rules)).toBe(false);
    expect(keyAccepted({}, rules)).toBe(false);
    expect(keyAccepted({ authorization: 'Basic first-key-1' }, rules)).toBe(false);
    expect(keyAccepted({ 'sec-websocket-protocol': 'slipstream.key.first-key-1' }, rules)).toBe(false);
  });

  test('without keys the door is open', () => {
    expect(keyAccepted({}, open)).toBe(true);
  });
});
