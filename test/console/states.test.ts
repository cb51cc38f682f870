import { expect, test } from 'vitest';
import { activeStates, withAncestors } from '../../console/states.js';

test('active states are the leaves of a state value, each with its ancestors', () => {
  expect(activeStates('idle')).toEqual(['idle']);
  expect(activeStates({ running: 'opening' })).toEqual(['running.opening']);
  expect(activeStates({ a: { b: 'c', d: {} }, e: 'f' })).toEqual(['a.b.c', 'a.d', 'e.f']);
  expect(activeStates(undefined)).toEqual([]);
});

test('a value that is nested without end has an end', () => {
  const deep = Array.from({ length: 1000 }).reduce<unknown>((inner) => ({ s: inner }), 'leaf');
  expect(activeStates(deep)).toEqual(['s.s.s.s.s.s.s.s']);
});

test('a state is active with all that it lies in', () => {
  expect([...withAncestors(['a.b.c', 'a.d'])]).toEqual(['', 'a', 'a.b', 'a.b.c', 'a.d']);
});
