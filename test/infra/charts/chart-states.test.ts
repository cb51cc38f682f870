import { describe, expect, test } from 'vitest';
import { activeStates, stateValue } from '../../../infra/charts/chart-states.js';

describe('active states', () => {
  test.each([
    ['idle', ['idle']],
    [{ running: 'opening' }, ['running.opening']],
    [{ running: { inner: 'a' } }, ['running.inner.a']],
    [{ left: 'on', right: { deep: 'off' } }, ['left.on', 'right.deep.off']],
    [{ left: {}, right: 'off' }, ['left', 'right.off']],
  ])('%j are the leaves, and the leaves tell the value again', (value, states) => {
    expect(activeStates(value)).toEqual(states);
    expect(stateValue(states)).toEqual(value);
  });

  test('of what has no states are none', () => {
    expect(activeStates(undefined)).toEqual([]);
    expect(stateValue([])).toEqual({});
  });
});
