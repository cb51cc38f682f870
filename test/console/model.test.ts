import { expect, test } from 'vitest';
import { ConsoleModel } from '../../console/model.js';
import { actorFrame, eventFrame, read } from './wire.js';

test('an event is logged under the name of its actor, or its id where that is not known', () => {
  const model = new ConsoleModel();
  const actor = actorFrame('x:1', 'rollback-controller', [], { name: 'g1' });
  for (const frame of read([actor, eventFrame('x:1', 'plan.due'), eventFrame('x:9', 'plan.due')]))
    model.apply(frame, 0);
  expect(model.log.since(-1, '', 10).map(({ actor: label }) => label)).toEqual([
    'g1 (engine-1/x:1)',
    'engine-1/x:9',
  ]);
});

test('what was left out is counted and marked until the viewer has seen it', () => {
  const model = new ConsoleModel();
  expect(model.gaps).toBeUndefined();
  model.apply({ kind: 'gap', process: 'engine-1' }, 5);
  model.apply({ kind: 'gap', process: 'engine-1' }, 6);
  expect(model.gaps).toEqual({ count: 2, atMs: 6, process: 'engine-1' });
  model.apply({ kind: 'gap', process: undefined }, 7);
  expect(model.gaps).toEqual({ count: 3, atMs: 7, process: undefined });
  model.apply({ kind: 'gap', process: 'engine-1' }, 8);
  expect(model.gaps?.process).toBeUndefined();
  expect(model.log.since(-1, '', 10).map(({ type }) => type)).toEqual(
    Array(4).fill('something was left out here'),
  );
  model.dismissGaps();
  expect(model.gaps).toBeUndefined();
});

test('a process that is silent is marked until it is heard again, or gone', () => {
  const model = new ConsoleModel();
  const silent = (process: string, value: boolean) =>
    model.apply({ kind: 'silent', process, silent: value }, 0);
  for (const process of ['a', 'b']) model.apply({ kind: 'process', process }, 0);
  for (const process of ['a', 'b', 'unknown']) silent(process, true);
  expect([...model.silent]).toEqual(['a', 'b']);
  silent('a', false);
  expect([...model.silent]).toEqual(['b']);
  model.apply({ kind: 'gone', process: 'b' }, 0);
  expect([...model.silent]).toEqual([]);
});

test('a process is there from its first word to its end, without actors too', () => {
  const model = new ConsoleModel();
  for (const process of ['b', 'a', 'b']) model.apply({ kind: 'process', process }, 0);
  expect(model.processes).toEqual(['a', 'b']);
  model.apply({ kind: 'gone', process: 'b' }, 0);
  expect(model.processes).toEqual(['a']);
  for (let index = 0; index < 1000; index++) model.apply({ kind: 'process', process: `p${index}` }, 0);
  expect(model.processes).toHaveLength(200);
});
