import { expect, test } from 'vitest';
import { EventLog } from '../../console/event-log.js';

function logOf(events: number): EventLog {
  const log = new EventLog();
  for (let index = 0; index < events; index++)
    log.note(`event ${index}`, index % 100 === 0 ? 'Rare' : 'often', index);
  return log;
}

test('tells what came after an entry, oldest first, and no more than was asked for', () => {
  const types = (after: number, most: number) =>
    logOf(5)
      .since(after, '', most)
      .map(({ type }) => type);
  expect(types(2, 10)).toEqual(['event 3', 'event 4']);
  expect(types(4, 10)).toEqual([]);
  expect(types(-1, 2)).toEqual(['event 3', 'event 4']);
});

test('finds the events of an actor among those of louder ones, whatever the case', () => {
  expect(logOf(3000).since(-1, 'rare', 200).length).toBeGreaterThanOrEqual(20);
});

test('keeps a bounded number, and still knows which are new', () => {
  const log = logOf(100_000);
  expect(log.since(-1, '', Number.MAX_SAFE_INTEGER).length).toBeLessThan(4000);
  expect(log.since(99_997, '', 10).map(({ type }) => type)).toEqual(['event 99998', 'event 99999']);
});
