import { afterEach, beforeEach, expect, it } from 'vitest';
import { createEngine } from '../../src/index.js';
import { eventually } from './eventually.js';
import { startWorkerFleet, type WorkerFleet } from './worker-fleet.js';

const model = 'sim:target?ms=1';

let fleet: WorkerFleet;
beforeEach(async () => {
  fleet = await startWorkerFleet();
});
afterEach(() => fleet?.close());

it('engines on one server use their own workers, and those that belong to no engine where these were asked for', async () => {
  const { url, user, password } = fleet.server;
  const asked = {
    ...{ natsUrl: [url], natsUser: user, natsPassword: password },
    ...{ model, drafter: 'none', targets: 1, threads: 1 },
  };
  await using alone = await createEngine({ ...asked, workers: 'local' });
  await using beside = await createEngine({ ...asked, workers: 'local' });
  await using greedy = await createEngine({ ...asked, workers: 'both' });
  await fleet.start('target', model);
  const remote = await fleet.engine({ model, drafter: 'none' });
  // Workers say every second that they are there: when the last one is known, the others had been heard of.
  await eventually(() => greedy.health().targets === 2);
  expect([alone, beside, greedy, remote].map((engine) => engine.health().targets)).toEqual([1, 1, 2, 1]);
});
