import { describe, expect, test } from 'vitest';
import { StatelyFrames } from '../../../infra/charts/stately-frames.js';
import type { ChartBatch, ChartFrame } from '../../../src/core/chart-frames.js';

const place = { status: 'active' as const, states: ['running.opening'], facts: { jobs: 1 }, atMs: 1000.4 };
const machine: ChartFrame = {
  kind: 'machine',
  machine: 'light',
  definition: { id: 'light', initial: 'red' },
};
const actor: ChartFrame = {
  kind: 'actor',
  actor: 'x:1',
  parent: 'x:0',
  machine: 'light',
  name: 'l1',
  ...place,
};

function batch(frames: readonly ChartFrame[], given: Partial<ChartBatch> = {}): ChartBatch {
  return { process: 'p', afresh: false, gap: false, gone: false, frames, ...given };
}

function read(frames: StatelyFrames, told: ChartBatch): { readonly type: string }[] {
  return frames.of(told).map((text) => JSON.parse(text));
}

describe('frames as @statelyai/inspect has them', () => {
  test('name an actor by its process, with its machine, its parent and its snapshot', () => {
    const [frame] = read(new StatelyFrames(), batch([machine, actor]));
    expect(frame).toEqual({
      type: '@xstate.actor',
      name: 'l1',
      machine: 'light',
      definition: JSON.stringify({ id: 'light', initial: 'red' }),
      parentId: 'p/x:0',
      snapshot: { status: 'active', value: { running: 'opening' }, context: { jobs: 1 } },
      process: 'p',
      sessionId: 'p/x:1',
      rootId: 'p/x:1',
      createdAt: '1000',
      _version: '0.7.2',
    });
  });

  test('know the machine of an actor that comes in a later batch, in its own process alone', () => {
    const frames = new StatelyFrames();
    read(frames, batch([machine]));
    expect(read(frames, batch([actor]))).toMatchObject([{ definition: expect.stringContaining('initial') }]);
    expect(read(frames, batch([actor], { process: 'q' }))).toMatchObject([{ definition: '{"id":"light"}' }]);
  });

  test('tell events, places and what took time', () => {
    const frames = read(
      new StatelyFrames(),
      batch([
        { kind: 'event', actor: 'x:1', source: 'x:0', event: { type: 'go', job: 3 }, atMs: 5 },
        { kind: 'snapshot', actor: 'x:1', event: 'go', visited: ['a'], ...place },
        { kind: 'span', span: 'pass', track: 't', generation: 'g', startMs: 1, endMs: 2, facts: {} },
      ]),
    );
    expect(frames).toMatchObject([
      { type: '@xstate.event', sessionId: 'p/x:1', sourceId: 'p/x:0', event: { type: 'go', job: 3 } },
      { type: '@xstate.snapshot', sessionId: 'p/x:1', event: { type: 'go' }, visited: ['a'] },
      { type: 'slipstream.span', process: 'p', span: 'pass', startMs: 1, endMs: 2 },
    ]);
  });

  test('are written once for all viewers', () => {
    const frames = new StatelyFrames();
    const told = batch([machine, actor]);
    expect(frames.of(told)).toBe(frames.of(told));
  });

  test('mark what begins anew, what is missing and what is gone', () => {
    const types = (given: Partial<ChartBatch>) =>
      read(new StatelyFrames(), batch([], given)).map(({ type }) => type);
    expect(types({})).toEqual([]);
    expect(types({ afresh: true })).toEqual(['slipstream.process']);
    expect(types({ gap: true })).toEqual(['slipstream.gap']);
    expect(types({ silent: false })).toEqual(['slipstream.process.silent']);
    expect(types({ gone: true, afresh: true })).toEqual(['slipstream.process.gone']);
  });
});
