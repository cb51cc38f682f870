import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NatsBus } from '../../../infra/nats/nats-bus.js';
import { announceWorkerService } from '../../../infra/nats/worker-service.js';
import type { EmbeddedServer } from '../../../infra/nats-server/embedded-server.js';
import { createSubjects } from '../../../src/core/subjects.js';
import { connectTestBus, startTestServer } from '../../support/nats.js';

describe('a worker as a NATS service', () => {
  let server: EmbeddedServer;
  let worker: NatsBus;
  let operator: NatsBus;
  beforeAll(async () => {
    server = await startTestServer();
    worker = await connectTestBus(server);
    operator = await connectTestBus(server);
  });
  afterAll(async () => {
    await worker.close();
    await operator.close();
    await server.stop();
  });

  async function ask(subject: string): Promise<Record<string, unknown>> {
    return (await operator.controlConnection.request(subject, '', { timeout: 2000 })).json();
  }

  it('answers the requests that `nats service` makes, until it is closed', async () => {
    const infoSubject = createSubjects().workerInfo('w1');
    const forwardTimes = [{ tokens: 1, ms: 20 }];
    const service = await announceWorkerService(worker.controlConnection, {
      workerId: 'w1',
      role: 'target',
      slots: 4,
      infoSubject,
      info: {
        name: 'sim:t=20',
        vocabularySize: 100,
        contextTokens: 2048,
        fingerprint: 'abc',
        numerics: 'exact',
        tokenizerHash: '*',
        forwardTimes,
        maxChunkTokens: 64,
        blocking: true,
      },
    });
    await worker.controlConnection.flush();
    expect(await ask('$SRV.PING')).toMatchObject({ name: 'slipstream-worker', version: '1.0.0' });
    expect(await ask('$SRV.INFO.slipstream-worker')).toMatchObject({
      metadata: { worker: 'w1', role: 'target', model: 'sim:t=20', fingerprint: 'abc', slots: '4' },
      endpoints: [{ name: 'info', subject: infoSubject }],
    });
    expect(await ask('$SRV.STATS')).toMatchObject({ endpoints: [{ data: { forwardTimes } }] });
    expect(await ask(infoSubject)).toMatchObject({
      worker: 'w1',
      slots: 4,
      contextTokens: 2048,
      forwardTimes,
    });
    await service.stop();
    await worker.controlConnection.flush();
    await expect(ask('$SRV.PING')).rejects.toThrow(/no responders/);
  });
});
