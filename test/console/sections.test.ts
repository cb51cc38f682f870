import { expect, test } from 'vitest';
import { ConsoleModel } from '../../console/model.js';
import { sectionsOf } from '../../console/sections.js';
import { actorFrame, read, snapshotFrame } from './wire.js';

test('generations come first, running and new ones before others; then processes with children after parents', () => {
  const model = new ConsoleModel();
  const frames = [
    actorFrame('old', 'rollback-controller', [], { atMs: 1 }),
    actorFrame('new', 'rollback-controller', [], { atMs: 2 }),
    actorFrame('ended', 'rollback-controller', [], { atMs: 3 }),
    actorFrame('child', 'admission', [], { parent: 'worker' }),
    actorFrame('supervisor', 'worker-supervisor', []),
    actorFrame('worker', 'drafter', []),
    snapshotFrame('ended', [], { status: 'done' }),
  ];
  for (const frame of read(frames)) model.apply(frame, 0);
  model.apply({ kind: 'process', process: 'idle-process' }, 0);
  model.apply({ kind: 'silent', process: 'idle-process', silent: true }, 0);
  const sections = sectionsOf(model.actors.all(), model.processes, model.silent);
  expect(sections.map(({ silent }) => silent)).toEqual([false, false, true]);
  expect(sections.map(({ title, actors }) => [title, ...actors.map(({ name }) => name)])).toEqual([
    ['Generations', 'new', 'old', 'ended'],
    ['Process engine-1', 'supervisor', 'worker', 'child'],
    ['Process idle-process'],
  ]);
});
