import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSubjects } from '../../src/core/subjects.js';
import { connectTestBus } from '../support/nats.js';
import { startWorkerFleet, type WorkerFleet } from './worker-fleet.js';

let fleet: WorkerFleet;
beforeEach(async () => {
  fleet = await startWorkerFleet();
});
afterEach(() => fleet?.close());

it('a generation can be cancelled over NATS while it waits for its turn', async () => {
  const model = 'sim:target?ms=1';
  await fleet.start('target', model);
  const engine = await fleet.engine({ model, drafter: 'none', parallel: 1 });
  const endless = { prompt: 'the long road', maxTokens: 50_000 };
  const running = await engine.generate(endless);
  const waiting = await engine.generate(endless);
  expect(engine.health()).toMatchObject({ running: 1, waiting: 1 });
  const bus = await connectTestBus(fleet.server);
  bus.publish(createSubjects().generationControl(waiting.id), {
    type: 'generation.cancelled',
    generation: waiting.id,
  });
  expect(await waiting.result).toMatchObject({ finishReason: 'cancelled' });
  expect(engine.health()).toMatchObject({ running: 1, waiting: 0 });
  running.cancel();
  expect(await running.result).toMatchObject({ finishReason: 'cancelled' });
  await bus.close();
});
