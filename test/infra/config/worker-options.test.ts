import { describe, expect, test } from 'vitest';
import { definitionEntries } from '../../../infra/config/resolve.js';
import { workerEnvironment } from '../../../infra/config/worker-environment.js';
import {
  compileWorkerOptions,
  type WorkerOptions,
  workerOptionDefinitions,
} from '../../../infra/config/worker-options.js';
import { testContext } from './context.js';

const least: WorkerOptions = { role: 'target', model: 'smollm2', natsUrl: ['nats://a:4222'] };

describe('compileWorkerOptions', () => {
  test('the defaults: all cores, four slots, the host’s name', () => {
    expect(compileWorkerOptions(least, testContext())).toMatchObject({
      role: 'target',
      model: 'smollm2',
      threads: 4,
      slots: 4,
      hostName: 'host-1',
      nats: { servers: ['nats://a:4222'], subjectPrefix: 'dsi.v1' },
      store: { cacheFolder: '/cache', offline: false },
    });
  });

  test.each(['role', 'model', 'natsUrl'] as const)('%s is required', (key) => {
    const { [key]: _, ...rest } = least;
    expect(() => compileWorkerOptions(rest, testContext())).toThrow(`${key} is missing, but must be`);
  });
});

describe('workerEnvironment', () => {
  const options: WorkerOptions = {
    ...least,
    role: 'drafter',
    natsUrl: ['nats://a:4222', 'tls://b'],
    natsUser: 'me',
    natsPassword: 'secret',
    natsTlsCa: 'ca.pem',
    natsTlsCert: 'cert.pem',
    natsTlsKey: 'key.pem',
    subjectPrefix: 'x.y',
    threads: 1,
    slots: 9,
    hostName: 'h',
    cacheFolder: '/elsewhere',
    offline: true,
  };

  test.each([options, least])('a child without flags compiles to the same options', (given) => {
    const compiled = compileWorkerOptions(given, testContext());
    const child = testContext(workerEnvironment(compiled, {}), {
      cores: 99,
      cacheFolder: '/no',
      hostName: 'no',
    });
    expect(compileWorkerOptions({}, child)).toEqual(compiled);
  });

  test('nothing of ours that the parent inherited reaches the child, everything else does', () => {
    const inherited = {
      SLIPSTREAM_NATS_TOKEN: 'parent',
      SLIPSTREAM_LOG_LEVEL: 'debug',
      PATH: '/bin',
      SLIPSTREAM_TRHEADS: '2',
    };
    const environment = workerEnvironment(compileWorkerOptions(least, testContext()), inherited);
    expect(environment).not.toHaveProperty('SLIPSTREAM_NATS_TOKEN');
    expect(environment).not.toHaveProperty('SLIPSTREAM_TRHEADS');
    expect(environment).toMatchObject({ SLIPSTREAM_LOG_LEVEL: 'debug', PATH: '/bin' });
  });

  test.each([
    ['glibc.malloc.hugetlb=1', undefined],
    ['glibc.malloc.check=3:glibc.malloc.hugetlb=1', 'glibc.malloc.check=3'],
    ['glibc.malloc.hugetlb=0', 'glibc.malloc.hugetlb=0'],
  ])('a child asks for huge pages unless told not to: %s', (expected, given) => {
    const inherited = given === undefined ? {} : { GLIBC_TUNABLES: given };
    const environment = workerEnvironment(compileWorkerOptions(least, testContext()), inherited);
    expect(environment.GLIBC_TUNABLES).toBe(expected);
  });
});

test('what has no default is said to be required', () => {
  for (const [key, { defaultText }] of definitionEntries(workerOptionDefinitions)) {
    const compile = () => compileWorkerOptions({ ...least, [key]: undefined }, testContext());
    if (defaultText === 'none: required') expect(compile, key).toThrow(`${key} is missing`);
    else expect(compile, key).not.toThrow();
  }
});
