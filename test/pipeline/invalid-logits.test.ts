import { describe, expect, it } from 'vitest';
import type { EquipWorker } from '../../src/app/simulation/virtual-worker.js';
import type { TokenPath } from '../../src/core/token-path.js';
import { withInvalidLogits } from '../support/invalid-logits.js';
import { simReference } from '../support/sim-reference.js';
import { createVirtualCluster, tokensOf } from '../support/virtual-cluster.js';
import { pathOf } from '../support/worker-bench.js';
import { recordEvents } from './event-log.js';

const MODES = ['none', 'si', 'dsi', 'auto'] as const;

type Mode = (typeof MODES)[number];

interface Asked {
  readonly mode: Mode;
  /** Whether logits are NaN after this path. */
  readonly isInvalid: (path: TokenPath) => boolean;
  readonly poisons: boolean;
  readonly targets?: number;
}

function run({ mode, isInvalid, poisons, targets = 2 }: Asked) {
  const equip: EquipWorker = (model, scheduler) =>
    model.info.name.startsWith('sim:target')
      ? withInvalidLogits(model, scheduler, { isInvalid, poisons: () => poisons })
      : model;
  const cluster = createVirtualCluster({ targets, targetMs: 20, drafterMs: 2, acceptance: 0.6, equip });
  const events = recordEvents(false);
  events.watch(cluster.network);
  cluster.runFor(1);
  const generation = cluster.generate({ id: 'g', mode, maxTokens: 40 });
  const end = cluster.finish(generation);
  return {
    end,
    ids: tokensOf(generation),
    failures: events.counts.get('job.ended failed') ?? 0,
    opened: cluster.targets.reduce((sum, { sequences }) => sum + sequences.opened, 0),
    refuted: end.result.timings.draftTokens - end.result.timings.draftTokensAccepted,
  };
}

const { request } = createVirtualCluster({ targets: 0, targetMs: 1 }).generate({ id: 'g', maxTokens: 40 });
const truth = simReference(request);
const ownPath = pathOf('g', [...request.promptTokenIds, ...truth]);

/** Whether the target's own text leads along this path. */
function isOwn({ hash, length }: TokenPath): boolean {
  return ownPath.hashAt(length) === hash;
}

describe.each([
  ['of single rows', false],
  ['that spoil their whole pass', true],
])('logits %s that name no token', (_what, poisons) => {
  it.each(MODES)('after a wrong draft change nothing (%s)', (mode) => {
    const asked = { mode, poisons, isInvalid: (path: TokenPath) => !isOwn(path) };
    const { end, ids, refuted, opened, failures } = run(asked);
    expect(end.outcome).toBe('completed');
    expect(ids).toEqual(truth);
    if (mode !== 'none') expect(refuted).toBeGreaterThan(5);
    // Targets that verify ahead of the root come upon some in the first place that they are asked for.
    if (mode === 'dsi') expect(failures).toBeGreaterThan(0);
    // No session was given up for it.
    expect(opened).toBe(2 - Number(mode === 'none' || mode === 'si'));
  });

  it.each(MODES.flatMap((mode) => [0, 1, 7, 23].map((after) => ({ mode, after }))))(
    'after $after tokens of the own text end it there ($mode)',
    ({ mode, after }) => {
      const bad = request.promptTokenIds.length + after;
      const isInvalid = (path: TokenPath) => path.length === bad || !isOwn(path);
      const { end, ids } = run({ mode, poisons, isInvalid });
      expect(ids).toEqual(truth.slice(0, after));
      expect(end).toMatchObject({
        outcome: 'failed',
        error: { code: 'invalid_logits', position: bad, problem: 'a logit is NaN' },
      });
    },
  );
});
