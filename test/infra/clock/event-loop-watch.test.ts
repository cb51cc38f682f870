import { afterEach, beforeEach, expect, it } from 'vitest';
import { waitBlocking } from '../../../infra/clock/blocking-wait.js';
import { type EventLoopWatch, watchEventLoop } from '../../../infra/clock/event-loop-watch.js';
import { silentLogger } from '../../../src/core/logger.js';
import { HandScheduler } from '../../support/hand-scheduler.js';
import { until } from '../../support/until.js';

const BLOCKED_MS = 150;

let scheduler: HandScheduler;
let warnings: { data: object; message: string }[];
let watch: EventLoopWatch;

beforeEach(() => {
  scheduler = new HandScheduler();
  warnings = [];
  const warn = (data: object, message: string) => void warnings.push({ data, message });
  watch = watchEventLoop({ scheduler, logger: { ...silentLogger, warn } });
});
afterEach(() => watch.close());

/** Keeps the event loop from turning; more than once, since what lies between two samples counts. */
async function block(): Promise<void> {
  await until(() => {
    waitBlocking(BLOCKED_MS);
    return watch.delay().maxMs > BLOCKED_MS / 2;
  });
}

it('tells how long the event loop was kept, for this period and the one before', async () => {
  expect(watch.delay()).toEqual({ p99Ms: 0, maxMs: 0 });
  await block();
  scheduler.advance(10_000);
  expect(watch.delay().maxMs).toBeGreaterThan(BLOCKED_MS / 2);
  expect(watch.delay().p99Ms).toBeLessThanOrEqual(watch.delay().maxMs);
  scheduler.advance(10_000);
  expect(watch.delay()).toEqual({ p99Ms: 0, maxMs: 0 });
});

it('logs once for each period in which it was long', async () => {
  await block();
  expect(warnings).toEqual([]);
  scheduler.advance(10_000);
  const data = { maxMs: expect.any(Number), p99Ms: expect.any(Number), periodMs: 10_000 };
  expect(warnings).toEqual([{ data, message: 'the event loop was kept waiting' }]);
  scheduler.advance(30_000);
  expect(warnings).toHaveLength(1);
});

it('leaves no timer behind when it is closed', async () => {
  await block();
  watch.close();
  scheduler.advance(60_000);
  expect(warnings).toEqual([]);
});
