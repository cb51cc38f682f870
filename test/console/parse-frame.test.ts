import { describe, expect, test } from 'vitest';
import { parseFrame } from '../../console/parse-frame.js';
import {
  actorFrame,
  definitionOf,
  eventFrame,
  machineFrames,
  read,
  snapshotFrame,
  spanFrame,
} from './wire.js';

describe('a frame', () => {
  test('of an actor has its machine, its parent and where it is', () => {
    const states = ['running.speculating'];
    const facts = { committed: 3, mode: 'dsi', ready: true };
    const frame = actorFrame('x:1', 'rollback-controller', states, { parent: 'x:0', name: 'g1', facts });
    expect(read([...machineFrames, frame])).toEqual([
      {
        ...{ kind: 'actor', process: 'engine-1', actor: 'engine-1/x:1', parent: 'engine-1/x:0', name: 'g1' },
        ...{ machine: 'rollback-controller', definition: definitionOf('rollback-controller'), atMs: 1000 },
        place: { status: 'active', states, facts },
      },
    ]);
  });

  test('of an event, a snapshot or a span says what happened, to whom and when', () => {
    expect(
      read([
        eventFrame('x:1', 'draft.proposed', { ids: 4 }),
        snapshotFrame('x:1', ['finishing'], { status: 'done', visited: ['running.opening', 'finishing'] }),
        spanFrame('pass', 'target-1', 10.5, 20),
        spanFrame('commit', 'controller', 30),
      ]),
    ).toEqual([
      {
        ...{ kind: 'event', process: 'engine-1', actor: 'engine-1/x:1', atMs: 1000 },
        ...{ type: 'draft.proposed', facts: { ids: 4 } },
      },
      {
        ...{ kind: 'snapshot', process: 'engine-1', actor: 'engine-1/x:1', atMs: 1000 },
        place: { status: 'done', states: ['finishing'], facts: {} },
        visited: ['running.opening', 'finishing'],
      },
      { kind: 'span', span: 'pass', track: 'target-1', generation: 'g1', startMs: 10.5, endMs: 20 },
      { kind: 'span', span: 'commit', track: 'controller', generation: 'g1', startMs: 30, endMs: undefined },
    ]);
  });

  test('marks what begins anew, what is gone and what was left out', () => {
    expect(read([], { afresh: true, gap: true })).toEqual([
      { kind: 'process', process: 'engine-1' },
      { kind: 'gap', process: 'engine-1' },
    ]);
    expect(read([], { gone: true })).toEqual([{ kind: 'gone', process: 'engine-1' }]);
    expect(read([], { silent: true })).toEqual([{ kind: 'silent', process: 'engine-1', silent: true }]);
    expect(parseFrame('{"type":"slipstream.gap"}')).toEqual({ kind: 'gap', process: undefined });
  });

  test.each([
    'no JSON',
    'null',
    '[]',
    '{"type":"slipstream.process"}',
    '{"type":"slipstream.tomorrow","process":"p"}',
    '{"type":"@xstate.event","process":"p","sessionId":"p/x:1","createdAt":"1"}',
    '{"type":"@xstate.event","process":"p","sessionId":"p/x:1","createdAt":"soon","event":{"type":"e"}}',
    '{"type":"@xstate.event","process":"p","createdAt":"1","event":{"type":"e"}}',
    '{"type":"slipstream.span","process":"p","span":"pass","track":"t","generation":"g","startMs":"1"}',
  ])('that is not understood is none: %s', (text) => {
    expect(parseFrame(text)).toBeUndefined();
  });

  test('keeps little of what is long, and of facts only what can be shown on a line', () => {
    const context = { long: 'x'.repeat(10_000), list: [1], inner: {}, missing: null, last: 1 };
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`fact${index}`, index]));
    const facts = (value: object) => {
      const about = { type: '@xstate.snapshot', process: 'p', sessionId: 'p/x:1', createdAt: '1' };
      const frame = parseFrame(JSON.stringify({ ...about, snapshot: { value: 'a', context: value } }));
      return frame?.kind === 'snapshot' ? frame.place.facts : undefined;
    };
    expect(facts(context)).toEqual({ long: 'x'.repeat(256), last: 1 });
    expect(Object.keys(facts(many) ?? {})).toHaveLength(32);
  });
});
