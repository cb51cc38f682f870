import { describe, expect, test } from 'vitest';
import type { CliServices } from '../../../src/app/cli/services.js';
import { SystemError } from '../../../src/core/errors.js';
import { run } from './harness.js';

/** A gateway that reports what happened to it. */
function gateway(events: string[]): Pick<CliServices, 'startGateway'> {
  return {
    startGateway: ({ host, port, keys, jobs }, { nats }) => {
      const producers = nats === undefined ? '' : `, ${nats.servers} ${jobs} jobs`;
      events.push(`start ${host}:${port} ${keys.length} keys${producers}`);
      return Promise.resolve({
        url: `http://${host}:${port}`,
        drain: () => Promise.resolve(void events.push('drain')),
        close: () => Promise.resolve(void events.push('close')),
      });
    },
  };
}

describe('slipstream serve', () => {
  test.each([
    ['SIGTERM', 0],
    ['SIGINT', 130],
  ])('says where it listens, and on %s drains, closes and exits with %i', async (signal, expected) => {
    const events: string[] = [];
    const interrupted = new AbortController();
    const { code, stdout, stderr, engines } = await run(['serve', '--port', '9000', '--model', 'm'], {
      interrupted,
      environment: { SLIPSTREAM_KEYS: 'a-secret-key' },
      services: gateway(events),
      onStdout: () => interrupted.abort(signal),
    });
    expect(stdout).toBe('slipstream serves m on http://127.0.0.1:9000\n');
    expect(stderr).toContain('"msg":"draining"');
    expect(events).toEqual(['start 127.0.0.1:9000 1 keys', 'drain', 'close']);
    expect(engines[0]?.calls).toEqual(['drain', 'close']);
    expect(code).toBe(expected);
  });

  test('says where state charts are shown when they are', async () => {
    const interrupted = new AbortController();
    const { stdout } = await run(['serve', '--port', '9000', '--model', 'm', '--inspect'], {
      interrupted,
      services: gateway([]),
      onStdout: (text) => {
        if (text.includes('/inspect')) interrupted.abort('SIGTERM');
      },
    });
    expect(stdout).toMatch(/\nstate charts are shown at http:\/\/127\.0\.0\.1:9000\/inspect\n$/);
  });

  test('lets producers ask over the NATS that it was given', async () => {
    const events: string[] = [];
    const interrupted = new AbortController();
    await run(['serve', '--model', 'm', '--nats', 'nats://n:4222', '--jobs', '4'], {
      interrupted,
      services: gateway(events),
      onStdout: () => interrupted.abort('SIGTERM'),
    });
    expect(events[0]).toBe('start 127.0.0.1:8080 0 keys, nats://n:4222 4 jobs');
  });

  test('does not wait for generations that nobody follows', async () => {
    const interrupted = new AbortController();
    const { code, engines } = await run(['serve', '--model', 'm'], {
      interrupted,
      script: { drainHangs: true },
      services: gateway([]),
      onStdout: () => interrupted.abort('SIGTERM'),
    });
    expect(engines[0]?.calls).toEqual(['drain', 'close']);
    expect(code).toBe(0);
  });

  test('tells of variables that nothing reads', async () => {
    const interrupted = new AbortController();
    const { stderr } = await run(['serve'], {
      interrupted,
      environment: { SLIPSTREAM_KESY: 'a-secret-key', SLIPSTREAM_PORT: '9000' },
      services: gateway([]),
      onStdout: () => interrupted.abort('SIGTERM'),
    });
    expect(stderr).toContain('"variables":["SLIPSTREAM_KESY"],"msg":"variables that no setting reads"');
    expect(stderr).not.toContain('a-secret-key');
  });

  test('an address that cannot be had is told before anything is loaded', async () => {
    const { code, stderr, engines } = await run(['serve', '--host', '192.0.2.1', '--port', '81'], {
      services: {
        checkListenAddress: ({ host, port }) => Promise.reject(new SystemError(`no ${host}:${port}`)),
      },
    });
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'slipstream: no 192.0.2.1:81\n' });
    expect(engines).toEqual([]);
  });

  test('a port that cannot be had any more when all is loaded ends it, and the engine is closed', async () => {
    const { code, stderr, engines } = await run(['serve'], {
      services: { startGateway: () => Promise.reject(new SystemError('port 8080 is in use')) },
    });
    expect(stderr).toBe('slipstream: port 8080 is in use\n');
    expect(code).toBe(1);
    expect(engines[0]?.calls).toEqual(['close']);
  });

  test.each([
    [['--port', '70000'], '--port is 70000, but must be a whole number from 0 to 65535'],
    [['--host', 'a b'], '--host is "a b"'],
    [['--jobs', '2'], 'jobs is 2, but must be 0 unless --nats names a server'],
    [['--parallel', '0'], '--parallel is 0'],
  ])('%j is wrong use', async (argv, message) => {
    const { code, stderr, engines } = await run(['serve', ...argv]);
    expect(stderr).toContain(`slipstream: ${message}`);
    expect(code).toBe(2);
    expect(engines).toEqual([]);
  });

  test('its help names the paths that there are', async () => {
    const { stdout } = await run(['serve', '--help']);
    const [paths = ''] = /^Paths: .*$/m.exec(stdout) ?? [];
    expect(paths.match(/\/[a-z0-9/]+/g)).toEqual([
      ...['/v1/stream', '/v1/completions', '/v1/chat/completions', '/v1/models', '/health', '/metrics'],
      ...['/inspect', '/v1/inspect'],
    ]);
  });

  test('there is no flag for keys, which would show in the process list', async () => {
    expect((await run(['serve', '--keys', 'x'])).stderr).toContain("unknown option '--keys'");
    expect((await run(['serve', '--help'])).stdout).toContain('SLIPSTREAM_KEYS');
  });
});
