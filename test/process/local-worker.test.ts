import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import { compileWorkerOptions } from '../../infra/config/worker-options.js';
import type { EmbeddedServer } from '../../infra/nats-server/embedded-server.js';
import { type LocalWorker, type LocalWorkersDeps, startLocalWorker } from '../../src/app/local-workers.js';
import { silentLogger } from '../../src/core/logger.js';
import { startTestServer } from '../support/nats.js';
import { until } from '../support/until.js';

describe('a worker process of an engine', () => {
  let server: EmbeddedServer;
  let worker: LocalWorker | undefined;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterEach(() => worker?.stop());
  afterAll(() => server?.stop());

  function start(model: string, deps: Partial<LocalWorkersDeps>): LocalWorker {
    const connection = { natsUrl: [server.url], natsUser: server.user, natsPassword: server.password };
    worker = startLocalWorker(compileWorkerOptions({ role: 'target', model, threads: 1, ...connection }), {
      scheduler: createRealScheduler(),
      logger: silentLogger,
      keeper: { watchProcess: () => {}, unwatchProcess: () => {} },
      onDown: () => {},
      onGivenUp: () => {},
      silence: { watch: () => () => {} },
      ...deps,
    });
    return worker;
  }

  it('that says nothing any more is killed, told of and started again', async () => {
    const watched: { readonly worker: string; readonly onSilent: () => void }[] = [];
    const unwatched: string[] = [];
    const down: string[] = [];
    const started = start('sim:target?ms=1', {
      onDown: (id) => down.push(id),
      silence: {
        watch: (id, onSilent) => {
          watched.push({ worker: id, onSilent });
          return () => void unwatched.push(id);
        },
      },
    });
    await started.ready;
    const { pid } = started;
    const [first] = watched;
    first?.onSilent();
    await until(() => watched.length === 2, 30_000);
    expect(watched[1]?.worker).not.toBe(first?.worker);
    expect([down, unwatched]).toEqual([[first?.worker], [first?.worker]]);
    expect(started.pid).not.toBe(pid);
  });

  it('that can never run is given up, with the reason', async () => {
    let givenUp = 0;
    const started = start('./nowhere', { onGivenUp: () => givenUp++ });
    await expect(started.ready).rejects.toThrow(/nowhere/);
    expect(givenUp).toBe(1);
  });
});
