import { expect, test } from 'vitest';
import { type ChartState, litLeaves, openTransitions, parseChart } from '../../console/chart.js';
import { withAncestors } from '../../console/states.js';
import { definitionOf } from './wire.js';

const controller = parseChart(definitionOf('rollback-controller'));

/** A chart as lines, indented by how deep a state lies. */
function outline({ path, key, kind, isInitial, states }: ChartState, depth = 0): string[] {
  const line = `${'  '.repeat(depth)}${isInitial ? '> ' : ''}${key} ${kind} ${path}`;
  return [line, ...states.flatMap((state) => outline(state, depth + 1))];
}

test('a chart has the states of its machine, within each other, with where each begins and where it ends', () => {
  expect(outline(controller)).toEqual([
    'rollback-controller plain ',
    '  > running plain running',
    '    > opening plain running.opening',
    '    speculating plain running.speculating',
    '    rollingBack plain running.rollingBack',
    '  finishing plain finishing',
    '  completed final completed',
    '  cancelled final cancelled',
    '  failed final failed',
  ]);
  expect(controller.states.at(-1)?.description).toBe('No target was left, or two of them disagreed.');
});

test('the ways on are those of every active state, of the innermost first', () => {
  const lit = withAncestors(['running.rollingBack']);
  expect(
    openTransitions(controller, lit).map(({ event, guard, target }) => `${event} [${guard}] ${target}`),
  ).toEqual([
    'always [rolledBack] running.rollingBack',
    'always [hasDrafts] running.speculating',
    'deadline.checked [undefined] undefined',
    'any event [undefined] undefined',
    'always [hasEnded] finishing',
  ]);
});

test('the leaves that are lit are those without an active state within', () => {
  const paths = (states: string[]) => litLeaves(controller, withAncestors(states)).map(({ path }) => path);
  expect(paths(['running.speculating'])).toEqual(['running.speculating']);
  expect(paths([])).toEqual(['']);
});

test('what is no definition is a chart without states, and an endless one has an end', () => {
  expect(parseChart('nonsense')).toMatchObject({ key: '', states: [] });
  const states = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`s${index}`, {}]));
  expect(parseChart(JSON.stringify({ id: 'm', states })).states).toHaveLength(200);
  const deep = Array.from({ length: 500 }).reduce<object>((inner) => ({ states: { s: inner } }), {});
  expect(outline(parseChart(JSON.stringify(deep)))).toHaveLength(9);
});
