import { describe, expect, it } from 'vitest';
import { type RunSummary, randomRun } from './random-run.js';

/**
 * Longer: SLIPSTREAM_RANDOM_RUNS=5000 npx vitest run test/pipeline/random-runs
 * Replay: SLIPSTREAM_RANDOM_FIRST=<seed> SLIPSTREAM_RANDOM_RUNS=1 ...
 */
const RUNS = Number(process.env.SLIPSTREAM_RANDOM_RUNS ?? 2000);
const FIRST = Number(process.env.SLIPSTREAM_RANDOM_FIRST ?? 1);
/** Files that share the seeds, so that two cores can. */
const PARTS = 2;

function describeFailure(seed: number): string {
  const run = randomRun(seed, true);
  return [
    `seed ${seed} (replay: SLIPSTREAM_RANDOM_FIRST=${seed} SLIPSTREAM_RANDOM_RUNS=1):`,
    ...run.problems,
    `last of ${run.events.length} events:`,
    ...run.events.tail,
  ].join('\n');
}

/** The tests of every second seed, `part` 0 or 1. */
export function describeRandomRuns(part: number): void {
  describe('random clusters with delays, losses, duplicates, deaths, pauses and passes that fail', () => {
    const runs: RunSummary[] = [];
    const seeds = Array.from({ length: RUNS }, (_, index) => FIRST + index).filter(
      (_, index) => index % PARTS === part,
    );

    it(`say what the target says, end, and leave nothing behind (${seeds.length} of ${RUNS} seeds from ${FIRST})`, () => {
      for (const seed of seeds) {
        const run = randomRun(seed);
        if (run.problems.length > 0) expect.fail(describeFailure(seed));
        runs.push(run);
      }
    }, 600_000);

    it.skipIf(RUNS < 100)('were about what they are meant to prove', () => {
      const total = (count: (run: RunSummary) => number) => runs.reduce((sum, run) => sum + count(run), 0);
      const messages = (name: string) => total((run) => run.messages.get(name) ?? 0);
      const seen = {
        accepted: total((run) => run.accepted),
        refuted: total((run) => run.refuted),
        wasted: total((run) => run.wasted),
        staleVerdicts: total((run) => run.stale),
        rollbacks: total((run) => run.rollbacks),
        kills: total((run) => run.kills),
        lateJoins: total((run) => run.lateJoins),
        disconnects: total((run) => run.disconnects),
        pauses: total((run) => run.pauses),
        completed: total((run) => run.outcomes.filter((outcome) => outcome === 'completed').length),
        cancelled: total((run) => run.outcomes.filter((outcome) => outcome === 'cancelled').length),
        invalidLogits: total((run) => run.outcomes.filter((outcome) => outcome === 'invalid_logits').length),
        failedJobs: messages('job.ended failed'),
        failedDrafts: messages('draft.rejected failed'),
        resyncs: messages('job.ended resync'),
        dropped: messages('job.ended dropped'),
        unknownSessions: messages('job.ended unknownSession'),
        draftersSentBack: messages('draft.rejected resync') + messages('draft.rejected unknownSession'),
        renewals: messages('session.renewed'),
      };
      expect(Object.entries(seen).filter(([, count]) => count === 0)).toEqual([]);
    });

    it('happen again in every detail with the same seed', () => {
      for (const seed of part === 0 ? [3, 14] : [15, 92]) {
        const first = randomRun(seed, true).events;
        const second = randomRun(seed, true).events;
        expect(second).toEqual(first);
        expect(first.length).toBeGreaterThan(100);
      }
      expect(randomRun(3, true).events.digest).not.toBe(randomRun(4, true).events.digest);
    });
  });
}
