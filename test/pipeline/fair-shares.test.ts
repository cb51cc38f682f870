import { expect, it } from 'vitest';
import { createVirtualCluster } from '../support/virtual-cluster.js';

it.each([0.3, 3])('lets no generation wait for a deadline with messages of %d ms', (delayMs) => {
  const targetMs = 2;
  const cluster = createVirtualCluster({
    targets: 2,
    targetMs,
    drafterMs: 1,
    acceptance: 0.8,
    faults: { delayMs },
  });
  cluster.scheduler.run({ limitMs: 1 });
  const generations = Array.from({ length: 8 }, (_, index) =>
    cluster.generate({ promptTokenIds: [index, 1, 2], maxTokens: 100 }),
  );
  for (const generation of generations) cluster.finish(generation);
  const gaps = generations.map(({ log }) =>
    Math.max(...log.tokens.slice(1).map(({ atMs, seq }) => atMs - (log.tokens[seq - 1]?.atMs ?? 0))),
  );
  // Four generations to a target: a few rounds of everybody's passes at most.
  expect(Math.max(...gaps)).toBeLessThan(8 * 4 * targetMs + 8 * delayMs);
});
