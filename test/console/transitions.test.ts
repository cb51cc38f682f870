import { expect, test } from 'vitest';
import { targetsOf, transitionsOf } from '../../console/transitions.js';

const state = {
  on: {
    go: 'next',
    stay: { actions: 'note' },
    choose: [
      { guard: 'isSmall', target: '.inner' },
      { guard: { type: 'isBig' }, target: '#machine.a.other' },
    ],
    'draft.*': { target: 'next' },
    '*': { target: 'caught' },
  },
  always: { guard: 'isOver', target: 'end' },
  after: { backoff: 'next' },
  onDone: { target: 'end' },
  invoke: { id: 'child', onDone: 'end', onError: { target: 'broken' } },
};
const transitions = transitionsOf(state, ['a', 'b'], 'machine');

test('a transition says what takes it, under which guard, and where it leads', () => {
  const lines = transitions.map(({ event, guard, target }) => [event, guard, target]);
  expect(lines).toEqual([
    ['go', undefined, 'a.next'],
    ['stay', undefined, undefined],
    ['choose', 'isSmall', 'a.b.inner'],
    ['choose', 'isBig', 'a.other'],
    ['draft.*', undefined, 'a.next'],
    ['any event', undefined, 'a.caught'],
    ['always', 'isOver', 'a.end'],
    ['after backoff', undefined, 'a.next'],
    ['done', undefined, 'a.end'],
    ['done: child', undefined, 'a.end'],
    ['error: child', undefined, 'a.broken'],
  ]);
});

test.each([
  ['go', ['a.next', 'a.caught']],
  ['choose', ['a.b.inner', 'a.other', 'a.caught']],
  ['draft.proposed', ['a.next', 'a.caught']],
  ['drafts.late', ['a.caught']],
  ['xstate.after.backoff.machine.a.b', ['a.caught', 'a.next']],
  ['xstate.done.actor.child', ['a.caught', 'a.end']],
])('%s may lead to %j', (type, targets) => {
  expect(targetsOf(transitions, type)).toEqual(targets);
});
