import { createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shownGeneration } from '../../infra/charts/shown-generation.js';
import { StatelyFrames } from '../../infra/charts/stately-frames.js';
import { compileEngineOptions } from '../../infra/config/engine-options.js';
import type { Gateway } from '../../infra/gateway/gateway.js';
import { createEngine, type Engine } from '../../src/app/engine.js';
import { silentLogger } from '../../src/core/logger.js';
import { StreamClient } from '../support/stream-client.js';
import { startEngineGateway } from './engine-gateway.js';
import { eventually } from './eventually.js';
import { type Household, openHousehold } from './household.js';

const REQUEST = { prompt: 'the secret sailor', max_tokens: 60, speculative: { mode: 'dsi' } };

describe('a viewer of running state charts', () => {
  let household: Household;
  let engine: Engine;
  let gateway: Gateway;
  const frames: StatelyInspectionEvent[] = [];
  const told: string[] = [];

  beforeAll(async () => {
    household = openHousehold();
    engine = await createEngine(
      compileEngineOptions({
        model: 'sim:target?ms=10',
        drafter: 'sim:drafter?ms=2&acceptance=0.7',
        targets: 2,
      }),
      { logger: silentLogger },
    );
    gateway = await startEngineGateway(engine, {
      charts: { source: engine.charts, frames: new StatelyFrames() },
    });
  });

  afterAll(async () => {
    await gateway?.close();
    await engine?.close();
    household?.dissolve();
  });

  const tell = async (): Promise<{ id: string; ids: number[] }> => {
    const client = await StreamClient.open(gateway.port);
    const id = await client.create(REQUEST);
    await client.frame('generation.finished', (frame) => frame.id === id);
    await client.close();
    told.push(id);
    return { id, ids: client.tokens(id).map(({ token }) => token) };
  };

  const machines = () =>
    frames.flatMap((frame) =>
      frame.type === '@xstate.actor' ? [(JSON.parse(frame.definition ?? '{}') as { id: string }).id] : [],
    );
  const snapshotsOf = (name: string) => {
    const sessions = new Set(
      frames.flatMap((frame) =>
        frame.type === '@xstate.actor' && frame.name === name ? [frame.sessionId] : [],
      ),
    );
    return frames.flatMap((frame) =>
      frame.type === '@xstate.snapshot' && sessions.has(frame.sessionId)
        ? [frame as typeof frame & { readonly visited: readonly string[] }]
        : [],
    );
  };

  it('sees the actors of every process, and changes no token', async () => {
    const unseen = await tell();
    const receiver = createWebSocketReceiver({ server: `ws://127.0.0.1:${gateway.port}/v1/inspect` });
    receiver.subscribe((frame) => frames.push(frame));
    await eventually(() => machines().length >= 9);
    expect(machines().sort()).toEqual([
      ...['admission', 'admission', 'admission', 'drafter', 'target-verifier', 'target-verifier'],
      ...['worker-supervisor', 'worker-supervisor', 'worker-supervisor'],
    ]);
    const seen = await tell();
    expect(seen.ids).toEqual(unseen.ids);
    await eventually(() =>
      snapshotsOf(shownGeneration(seen.id)).some(({ snapshot }) => snapshot.status === 'done'),
    );
    const visited = new Set(snapshotsOf(shownGeneration(seen.id)).flatMap((frame) => frame.visited));
    for (const state of ['running.speculating', 'running.rollingBack', 'finishing', 'completed'])
      expect(visited).toContain(state);
    const received = frames.flatMap((frame) => (frame.type === '@xstate.event' ? [frame.event.type] : []));
    for (const type of ['draft.proposed', 'verdict.returned', 'session.open', 'job.assigned', 'draft.start'])
      expect(received).toContain(type);
  });

  it('is told no prompt, no token, and no id by which a generation could be read or cancelled', () => {
    const text = JSON.stringify(frames);
    expect(told).toHaveLength(2);
    for (const id of told) expect(text).not.toContain(id);
    expect(text).not.toContain('secret');
    expect(text).not.toMatch(/"(ids|tokens|promptTokenIds)":\[/);
    expect(text).not.toMatch(/[Hh]ash/);
  });

  it('sees how a worker that is killed is started again', async () => {
    const [pid] = household.pids('target');
    process.kill(pid as number, 'SIGKILL');
    const supervised = () => snapshotsOf('supervisor-target').flatMap(({ visited }) => visited);
    await eventually(() => supervised().includes('ready'));
    expect(supervised()).toEqual(expect.arrayContaining(['crashed', 'backingOff', 'starting', 'ready']));
    await eventually(() => machines().filter((id) => id === 'target-verifier').length === 3);
  });
});
