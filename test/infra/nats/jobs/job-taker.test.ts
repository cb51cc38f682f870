import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AckPolicy, type ConsumerConfig, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { type Msg, type NatsConnection, nanos } from 'nats';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRealScheduler } from '../../../../infra/clock/real-scheduler.js';
import type { NatsEdgeOptions } from '../../../../infra/nats/edge/nats-edge.js';
import type { NatsBus } from '../../../../infra/nats/nats-bus.js';
import type { EmbeddedServer } from '../../../../infra/nats-server/embedded-server.js';
import { BusyError, WorkerFailedError } from '../../../../src/core/errors.js';
import { silentLogger } from '../../../../src/core/logger.js';
import type { Scheduler } from '../../../../src/core/scheduler.js';
import type { ScriptedGeneration } from '../../../support/fake-generation-service.js';
import { connectTestBus, startTestServer } from '../../../support/nats.js';
import { openTestEdge, type TestEdge } from '../../../support/test-edge.js';
import { until } from '../../../support/until.js';

const JOBS = 'dsi.v1.jobs.scripted';
const STREAM = 'dsi-v1-jobs';
const LIMIT_MS = 20_000;
/** Of a consumer that an operator made. */
const ACK_WAIT_MS = 600;

function speak(generation: ScriptedGeneration): void {
  generation.log.append('Because', ' of', ' scattering.');
  generation.complete();
}

describe('durable jobs', () => {
  let folder: string;
  let server: EmbeddedServer;
  let bus: NatsBus;
  let producer: NatsConnection;
  let manager: JetStreamManager;
  const edges: TestEdge[] = [];
  let results: Msg[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipstream-jobs-'));
    server = await startTestServer({ jetStreamFolder: folder });
    bus = await connectTestBus(server);
    producer = bus.controlConnection;
    manager = await jetstreamManager(producer);
    producer.subscribe('results.*', { callback: (_, message) => void results.push(message) });
  });
  afterEach(async () => {
    await Promise.all(edges.splice(0).map(({ edge }) => edge.close()));
    for (const stream of await manager.streams.list().next())
      await manager.streams.delete(stream.config.name);
    results = [];
  });
  afterAll(async () => {
    await bus.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Takes jobs in real time, since the server's waits are. */
  async function open(
    script: (generation: ScriptedGeneration) => void,
    options: Partial<NatsEdgeOptions> = {},
  ): Promise<TestEdge> {
    const real = { jobs: 1, drainMs: 0, scheduler: createRealScheduler() };
    const opened = await openTestEdge(server, { ...real, ...options }, script);
    edges.push(opened);
    return opened;
  }

  async function addOwnConsumer(config: Partial<ConsumerConfig>): Promise<void> {
    await manager.streams.add({ name: 'OWN', subjects: ['dsi.v1.jobs.*'] });
    await manager.consumers.add('OWN', {
      durable_name: 'gateways-scripted',
      filter_subject: JOBS,
      ...config,
    });
  }

  const leave = (job: unknown, msgID?: string) =>
    manager
      .jetstream()
      .publish(
        JOBS,
        typeof job === 'string' ? job : JSON.stringify(job),
        msgID === undefined ? {} : { msgID },
      );
  const job = { prompt: 'why', max_tokens: 3, result_subject: 'results.1' };
  const resultAt = async (index: number) => {
    await until(() => results.length > index, LIMIT_MS);
    return results[index]?.json() as Record<string, unknown>;
  };
  const leftJobs = async () => (await manager.streams.info(STREAM)).state.messages;
  const untilDone = async () => {
    while ((await leftJobs()) > 0);
  };

  it('are answered on the subject that they name, and then are gone', async () => {
    const { service } = await open(speak);
    await leave(job, 'story-1');
    expect(await resultAt(0)).toMatchObject({
      type: 'generation.finished',
      ...{ job: 'story-1', job_seq: 1, attempt: 1 },
      ...{ id: 'generation-0', model: 'scripted', finish_reason: 'stop' },
      ...{ text: 'Because of scattering.', token_ids: [1000, 1001, 1002] },
      usage: { completion_tokens: 3 },
    });
    expect(service.requests).toEqual([{ prompt: 'why', maxTokens: 3, seed: expect.any(Number) }]);
    await untilDone();
  });

  it('that wait for a gateway are done when one comes, each once, and one of the same id is one', async () => {
    const first = await open(speak);
    await first.edge.close();
    for (const msgID of ['a', 'b', 'a', 'c']) await leave({ ...job, prompt: msgID }, msgID);
    const { service } = await open(speak, { jobs: 2 });
    await until(() => results.length === 3, LIMIT_MS);
    await untilDone();
    expect(service.requests.map(({ prompt }) => prompt).sort()).toEqual(['a', 'b', 'c']);
    expect(new Set(results.map((message) => message.headers?.get('Nats-Msg-Id'))).size).toBe(3);
  });

  it('are taken no faster than they are done', async () => {
    const { service } = await open(() => {}, { jobs: 2 });
    for (const prompt of ['a', 'b', 'c']) await leave({ ...job, prompt });
    await until(() => service.generations.length === 2, LIMIT_MS);
    for (const generation of service.generations) speak(generation);
    await until(() => service.generations.length === 3, LIMIT_MS);
    expect(service.generations[2]?.log.end).toBeUndefined();
    service.generations[2]?.complete();
    await untilDone();
  });

  it.each([
    [
      { ...job, temperature: 3 },
      { code: 'invalid_option', field: 'temperature' },
    ],
    [
      { ...job, prompt: '' },
      { code: 'invalid_option', field: 'prompt' },
    ],
  ])('that are wrong are answered with what is wrong: %j', async (wrong, told) => {
    await open(speak);
    await leave(wrong);
    expect(await resultAt(0)).toMatchObject({ type: 'error', job: null, job_seq: 1, ...told });
    expect(results[0]?.headers?.get('Nats-Service-Error-Code')).toBe('400');
    await untilDone();
  });

  it.each(['nonsense', { prompt: 'p' }, { ...job, result_subject: '$JS.API.STREAM.DELETE.x' }])(
    'that nobody can be told of are dropped with a warning: %j',
    async (job) => {
      const warnings: unknown[] = [];
      const logger = {
        ...silentLogger,
        warn: (data: object) => void warnings.push(data),
        child: () => logger,
      };
      await open(speak, { logger });
      await leave(job);
      await untilDone();
      expect(warnings).toEqual([{ job: 1, problem: expect.any(String) }]);
    },
  );

  it('that a gateway cannot finish before it closes are done by the next, with the same seed', async () => {
    const first = await open(() => {});
    await leave(job);
    await until(() => first.service.generations.length === 1, LIMIT_MS);
    await first.edge.close();
    const second = await open(speak);
    expect(await resultAt(0)).toMatchObject({ type: 'generation.finished', attempt: 2 });
    expect(second.service.requests).toEqual(first.service.requests);
    expect(results).toHaveLength(1);
  });

  it('of a gateway that dies are done by another, by the rules of the consumer that is there', async () => {
    await addOwnConsumer({ ack_policy: AckPolicy.Explicit, ack_wait: nanos(ACK_WAIT_MS) });
    const real = createRealScheduler();
    // One that does not say that it works on the job.
    const silent: Scheduler = {
      now: () => real.now(),
      schedule: (ms, task) => (ms === ACK_WAIT_MS / 3 ? () => {} : real.schedule(ms, task)),
    };
    const first = await open(() => {}, { scheduler: silent });
    await leave(job);
    await until(() => first.service.generations.length === 1, LIMIT_MS);
    const second = await open(speak);
    expect(await resultAt(0)).toMatchObject({ attempt: 2, seed: first.service.requests[0]?.seed });
    expect(second.service.requests).toEqual(first.service.requests);
    expect((await manager.streams.list().next()).map(({ config }) => config.name)).toEqual(['OWN']);
  });

  it('that fail are tried again, and the third failure is the answer', async () => {
    const { service } = await open((generation) => generation.fail(new WorkerFailedError('secret')));
    await leave(job);
    expect(await resultAt(0)).toMatchObject({ type: 'error', code: 'worker_failed', attempt: 3 });
    expect(service.generations).toHaveLength(3);
    expect(results[0]?.string()).not.toContain('secret');
    await untilDone();
  });

  it('wait while the queue is full', async () => {
    let refusals = 0;
    const { service } = await open(speak);
    service.gate = async () => {
      if (refusals++ < 2) throw new BusyError('full');
    };
    await leave(job);
    // One that waits is not delivered again: an operator may have bounded that.
    expect(await resultAt(0)).toMatchObject({ type: 'generation.finished', attempt: 1 });
    expect(service.requests).toHaveLength(3);
  });

  it('are stored before they are gone where a stream keeps their results, and a second result is not', async () => {
    await manager.streams.add({ name: 'RESULTS', subjects: ['results.*'] });
    await open(speak);
    await leave(job);
    await untilDone();
    const stored = await manager.streams.getMessage('RESULTS', { seq: 1 });
    expect(stored?.json()).toMatchObject({ text: 'Because of scattering.' });
    const { duplicate } = await manager
      .jetstream()
      .publish('results.1', 'again', { msgID: stored?.header.get('Nats-Msg-Id') ?? '' });
    expect(duplicate).toBe(true);
  });

  it('whose results do not fit into a message with its headers are answered with that', async () => {
    let text = 'x';
    await open((generation) => {
      generation.log.append(text);
      generation.complete();
    });
    await leave(job);
    await resultAt(0);
    const others = (results[0]?.data.length ?? 0) - text.length;
    text = 'x'.repeat((producer.info?.max_payload ?? 0) - others - 10);
    await leave(job);
    expect(await resultAt(1)).toMatchObject({ type: 'error', code: 'result_too_large' });
    await untilDone();
  });

  it('that take long are not given to another, by the rules of the consumer that is there', async () => {
    await addOwnConsumer({ ack_policy: AckPolicy.Explicit, ack_wait: nanos(ACK_WAIT_MS) });
    const first = await open(() => {});
    const second = await open(() => {});
    await leave(job);
    const generations = () => [...first.service.generations, ...second.service.generations];
    await until(() => generations().length === 1, LIMIT_MS);
    await new Promise((resolve) => setTimeout(resolve, 2 * ACK_WAIT_MS));
    expect(generations()).toHaveLength(1);
    generations()[0]?.complete();
    expect(await resultAt(0)).toMatchObject({ attempt: 1 });
  });

  it('whose stream is made anew have results of their own', async () => {
    await manager.streams.add({ name: 'RESULTS', subjects: ['results.*'] });
    for (const round of [1, 2]) {
      const { edge } = await open(speak);
      await leave(job);
      await untilDone();
      await edge.close();
      await manager.streams.delete(STREAM);
      expect((await manager.streams.info('RESULTS')).state.messages).toBe(round);
    }
  });

  it('are not taken from a consumer that does not wait for what comes of them', async () => {
    await addOwnConsumer({ ack_policy: AckPolicy.None });
    await expect(open(speak)).rejects.toThrow(
      'the consumer gateways-scripted of the stream OWN must be a pull consumer with explicit acknowledgement',
    );
  });

  it('need JetStream', async () => {
    const without = await startTestServer();
    await expect(openTestEdge(without, { jobs: 1 })).rejects.toThrow(/durable jobs need JetStream/);
    await without.stop();
  });
});
