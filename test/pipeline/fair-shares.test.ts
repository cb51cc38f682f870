import { expect, it } from 'vitest';
import type { TraceEvent } from '../../src/core/trace.js';
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

it('spreads plain decoding and SI of several gateways over the targets, though they do not know of each other', () => {
  const cluster = createVirtualCluster({ targets: 4, targetMs: 20 });
  const gateways = Array.from({ length: 4 }, (_, index) => cluster.openGateway(`other-${index}`));
  cluster.runFor(1500);
  const generations = gateways.flatMap((gateway, index) =>
    [0, 1].map((turn) => cluster.generate({ id: `q${index}${turn}`, mode: 'none', maxTokens: 40 }, gateway)),
  );
  for (const generation of generations) cluster.finish(generation);
  const busy = cluster.targets.filter(({ sequences }) => sequences.opened > 0);
  expect(busy.length).toBeGreaterThanOrEqual(3);
});

it('takes a split target for several of which no two begin at once', () => {
  const msPerToken = (stages: number, targets: number) => {
    const trace: TraceEvent[] = [];
    const cluster = createVirtualCluster({
      stages,
      targets,
      targetMs: 20,
      drafterMs: 2,
      acceptance: 0.8,
      trace: (event) => trace.push(event),
    });
    cluster.runFor(1);
    const { result } = cluster.finish(cluster.generate({ lookahead: 1, maxTokens: 300 }));
    const begins = trace.filter(({ kind }) => kind === 'pass').map(({ startMs }) => startMs);
    begins.sort((a, b) => a - b);
    return {
      ms: result.timings.predictedMs / 299,
      gaps: begins.slice(1).map((at, i) => at - (begins[i] ?? 0)),
    };
  };
  const [whole, split, many] = [msPerToken(1, 1), msPerToken(10, 1), msPerToken(1, 10)];
  expect(Math.min(...split.gaps)).toBeGreaterThan(1.99);
  expect(split.ms).toBeLessThan(0.85 * whole.ms);
  expect(split.ms).toBeGreaterThanOrEqual(many.ms);
});
