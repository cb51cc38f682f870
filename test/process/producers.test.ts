import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AckPolicy, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection, nanos } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddedServer } from '../../infra/nats-server/embedded-server.js';
import { startTestServer } from '../support/nats.js';
import { eventually } from './eventually.js';
import { type Household, openHousehold } from './household.js';
import { type Command, slipstream } from './slipstream.js';

const MODEL = 'sim:target?ms=2';
const JOBS = 'dsi.v1.jobs.sim-target-ms-2';
const JOB_COUNT = 8;
const GATEWAYS = 2;

describe('producers on NATS, and two gateways', () => {
  let household: Household;
  let folder: string;
  let server: EmbeddedServer;
  let nats: NatsConnection;
  let manager: JetStreamManager;
  let gateways: Command[];
  let urls: string[];
  beforeAll(async () => {
    household = openHousehold();
    folder = await mkdtemp(join(tmpdir(), 'slipstream-producers-'));
    server = await startTestServer({ jetStreamFolder: folder });
    nats = await connect({ servers: server.url, user: server.user, pass: server.password });
    manager = await jetstreamManager(nats);
    await manager.streams.add({ name: 'JOBS', subjects: ['dsi.v1.jobs.*'] });
    await manager.consumers.add('JOBS', {
      durable_name: 'gateways-sim-target-ms-2',
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(5000),
    });
    gateways = Array.from({ length: GATEWAYS }, () =>
      slipstream(
        [
          ...['serve', '--port', '0', '--nats', server.url, '--workers', 'local', '--jobs', '2'],
          ...['--model', MODEL, '--drafter', 'sim:drafter?ms=1&acceptance=0.8', '--targets', '2'],
        ],
        { SLIPSTREAM_NATS_USER: server.user, SLIPSTREAM_NATS_PASSWORD: server.password },
      ),
    );
    const greetings = await Promise.all(gateways.map((gateway) => gateway.said('\n')));
    urls = greetings.map((text) => /http:\/\/\S+/.exec(text)?.[0] ?? '');
  });
  afterAll(async () => {
    for (const { child } of gateways ?? []) child.kill('SIGTERM');
    await Promise.all((gateways ?? []).map(({ ended }) => ended));
    await nats?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
    household.dissolve();
  });

  const request = (index: number, mode: string) => ({
    prompt: `sailor ${index}`,
    ...{ max_tokens: 40, temperature: 0.9, seed: index },
    speculative: { mode },
  });

  async function streamed(index: number, mode: string): Promise<number[]> {
    const answer = await nats.requestMany('dsi.v1.generate', JSON.stringify(request(index, mode)), {
      strategy: 'sentinel',
      maxWait: 60_000,
    });
    const ids: number[] = [];
    let end: unknown;
    for await (const message of answer) {
      if (message.data.length === 0) break;
      const frame = message.json() as { type: string; seq: number; token: number };
      if (frame.type === 'token') expect(ids.push(frame.token) - 1).toBe(frame.seq);
      end = frame.type;
    }
    expect(end).toBe('generation.finished');
    return ids;
  }

  /** A metric, added up over its labels and over both gateways. */
  async function metric(name: string): Promise<number> {
    const texts = await Promise.all(urls.map(async (url) => await (await fetch(`${url}/metrics`)).text()));
    const samples = texts.flatMap((text) => [...text.matchAll(new RegExp(`^${name}{.*} (.*)$`, 'gm'))]);
    return samples.reduce((sum, [, value]) => sum + Number(value), 0);
  }

  it('get the same tokens in every mode, streamed or as a job, and every job is done though a gateway is killed', async () => {
    const plain = await Promise.all(Array.from({ length: JOB_COUNT }, (_, index) => streamed(index, 'none')));
    expect(new Set(plain.map(String)).size).toBe(JOB_COUNT);
    for (const mode of ['si', 'dsi', 'auto'])
      expect(await Promise.all(plain.map((_, index) => streamed(index, mode)))).toEqual(plain);
    expect(await metric('slipstream_generation_tokens_total')).toBe(4 * plain.flat().length);
    expect(await metric('slipstream_forward_seconds_count')).toBeGreaterThan(plain.flat().length);

    const results = new Map<number, number[]>();
    nats.subscribe('stories.*', {
      callback: (_, message) =>
        void results.set(
          Number(message.subject.slice('stories.'.length)),
          (message.json() as { token_ids: number[] }).token_ids,
        ),
    });
    for (let index = 0; index < JOB_COUNT; index++)
      await manager
        .jetstream()
        .publish(JOBS, JSON.stringify({ ...request(index, 'dsi'), result_subject: `stories.${index}` }));
    await eventually(() => results.size > 0);
    gateways[0]?.child.kill('SIGKILL');
    await eventually(() => results.size === JOB_COUNT);
    expect(plain.map((_, index) => results.get(index))).toEqual(plain);
    let pending = 1;
    while (pending > 0)
      pending = (await manager.consumers.info('JOBS', 'gateways-sim-target-ms-2')).num_ack_pending;
  });
});
