import { describe, expect, test } from 'vitest';
import type { CompiledWorkerOptions } from '../../../infra/config/worker-options.js';
import { NatsUnavailableError } from '../../../src/core/errors.js';
import { run } from './harness.js';

const least = ['worker', '--role', 'target', '--model', 'm', '--nats', 'nats://a:4222'];

describe('slipstream worker', () => {
  test.each([
    ['SIGTERM', 0],
    ['SIGINT', 130],
  ])('runs until %s and exits with %i', async (signal, expected) => {
    const seen: CompiledWorkerOptions[] = [];
    const interrupted = new AbortController();
    const { code } = await run([...least, '--slots', '2'], {
      interrupted,
      services: {
        runWorker: (options, deps) => {
          seen.push(options);
          return new Promise((resolve) => {
            deps.signal.addEventListener('abort', () => resolve('drained'));
            interrupted.abort(signal);
          });
        },
      },
    });
    expect(seen).toMatchObject([
      { role: 'target', model: 'm', slots: 2, threads: 4, nats: { servers: ['nats://a:4222'] } },
    ]);
    expect(code).toBe(expected);
  });

  test('takes everything from the environment, as a supervised child does', async () => {
    const seen: CompiledWorkerOptions[] = [];
    const { code } = await run(['worker'], {
      environment: {
        SLIPSTREAM_ROLE: 'drafter',
        SLIPSTREAM_MODEL: 'm',
        SLIPSTREAM_NATS_URL: 'a',
        SLIPSTREAM_NATS_USER: 'u',
        SLIPSTREAM_NATS_PASSWORD: 'p',
      },
      services: {
        runWorker: (options) => {
          seen.push(options);
          return Promise.resolve('drained');
        },
      },
    });
    expect(seen).toMatchObject([{ role: 'drafter', nats: { user: 'u', password: 'p' } }]);
    expect(code).toBe(0);
  });

  test.each([
    [[], '--role is missing, but must be target or drafter'],
    [['--role', 'boss'], '--role is "boss", but must be target or drafter'],
    [['--role', 'target'], '--model is missing'],
    [['--role', 'target', '--model', 'm'], '--nats is missing, but must be 1 to 16 addresses'],
  ])('%j is wrong use', async (argv, message) => {
    const { code, stderr } = await run(['worker', ...argv]);
    expect(stderr).toContain(`slipstream: ${message}`);
    expect(code).toBe(2);
  });

  test('what the process that started it was told is not said again', async () => {
    const { code, stderr } = await run(least, { services: { runWorker: () => Promise.resolve('failed') } });
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  });

  test('a server that cannot be reached is a failure, told in one line', async () => {
    const { code, stderr } = await run(least, {
      services: {
        runWorker: () => Promise.reject(new NatsUnavailableError('no NATS server at nats://a:4222')),
      },
    });
    expect(stderr).toBe('slipstream: no NATS server at nats://a:4222\n');
    expect(code).toBe(1);
  });
});
