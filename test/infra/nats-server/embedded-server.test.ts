import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { processIdentity } from '../../../infra/keeper/process-identity.js';
import { type EmbeddedServer, startNatsServer } from '../../../infra/nats-server/embedded-server.js';
import { NatsUnavailableError } from '../../../src/core/errors.js';
import { silentLogger } from '../../../src/core/logger.js';
import { connectTestBus, currentServerBinary } from '../../support/nats.js';
import { until } from '../../support/until.js';

describe('embedded nats-server', () => {
  let binary: string;
  const running: EmbeddedServer[] = [];
  beforeAll(async () => {
    binary = await currentServerBinary();
  });
  afterEach(async () => {
    for (const server of running.splice(0)) await server.stop();
  });

  async function start(options: object = {}): Promise<EmbeddedServer> {
    const server = await startNatsServer({ binary, logger: silentLogger, ...options });
    running.push(server);
    return server;
  }

  it('has a port and credentials of its own each time, and shows no secret in the process list', async () => {
    const [one, two] = [await start(), await start()];
    expect(one.port).not.toBe(two.port);
    expect(one.password).not.toBe(two.password);
    expect(one.url).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/);
    const shown = execFileSync('ps', ['-o', 'args=', '-p', String(one.pid)]).toString();
    expect(shown).toContain('nats-server');
    expect(shown).not.toContain(one.password);
  });

  it('is back on the same port, with the same credentials, whenever it was killed', async () => {
    let restarts = 0;
    const server = await start({ onRestarted: () => restarts++ });
    const { port } = server;
    for (let i = 1; i <= 2; i++) {
      process.kill(server.pid as number, 'SIGKILL');
      await until(() => restarts === i);
      expect(server.port).toBe(port);
      const bus = await connectTestBus(server);
      await bus.close();
    }
  });

  it('names every process that it starts to its guard', async () => {
    const watched = new Set<number>();
    const folders: string[] = [];
    let restarts = 0;
    const server = await start({
      onRestarted: () => restarts++,
      guard: {
        watchProcess: (pid: number) => watched.add(pid),
        unwatchProcess: (pid: number) => watched.delete(pid),
        watchFolder: (path: string) => folders.push(path),
      },
    });
    process.kill(server.pid as number, 'SIGKILL');
    await until(() => restarts === 1);
    expect([...watched]).toEqual([server.pid]);
    await server.stop();
    expect([...watched]).toEqual([]);
    expect(folders.map(existsSync)).toEqual([false]);
  });

  it('stays down once it was stopped, even while being restarted', async () => {
    const server = await start();
    const pid = server.pid as number;
    process.kill(pid, 'SIGKILL');
    await until(() => server.pid === undefined);
    await server.stop();
    await server.stop();
    expect(server.pid).toBeUndefined();
    expect(processIdentity(pid)).toBeUndefined();
  });

  it('offers JetStream when it is given a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipstream-jetstream-test-'));
    const bus = await connectTestBus(await start({ jetStreamFolder: folder }));
    expect(bus.controlConnection.info?.jetstream).toBe(true);
    await bus.close();
    rmSync(folder, { recursive: true });
  });

  it('says why it does not start', async () => {
    await expect(start({ binary: '/bin/false' })).rejects.toThrow(
      new NatsUnavailableError('nats-server (/bin/false) does not start: it ended with code 1'),
    );
    await expect(start({ binary: '/no/such/file' })).rejects.toThrow(/does not start: spawn .*ENOENT/);
  });
});
