import { sum } from '../../../src/core/statistics.js';
import type { Engine, GenerationRequest } from '../../../src/index.js';
import { type ReplayHost, startReplayHost } from '../../support/replay-host.js';
import type { Replay } from '../../support/replays.js';
import { type Run, run } from '../run.js';
import { startWorkerFleet } from '../worker-fleet.js';
import type { Cell } from './cells.js';

/** One text, compared with plain decoding's. */
export interface Compared {
  readonly drafter: string;
  readonly cell: Cell;
  readonly temperature: number;
  readonly seed: number;
  /** Place of the first token that is another. */
  readonly differsAt?: number;
  readonly accepted: number;
  readonly refuted: number;
  readonly stale: number;
  readonly targets: number;
}

/** What was put to the test, by drafter and mode. */
export interface Tally {
  readonly drafter: string;
  readonly mode: string;
  readonly texts: number;
  readonly different: number;
  readonly accepted: number;
  readonly refuted: number;
  readonly stale: number;
  /** Texts that two targets shared. */
  readonly onBoth: number;
}

export interface EqualityFleet {
  /** As tables call them: the models' names, and `replay right` and so on. */
  readonly drafters: readonly string[];
  /**
   * Decodes the request plainly, then in the cells of each drafter, as `cellsOf` gives them by the drafter's place. The
   * request has a seed that no other under way has: a replay knows a text by it.
   */
  compare(request: SeededRequest, cellsOf: (place: number) => readonly Cell[]): Promise<Compared[]>;
  close(): Promise<void>;
}

export type SeededRequest = GenerationRequest & { readonly seed: number; readonly temperature: number };

/** Two target processes, a process for each drafter that is a model, and hosts that replay, on a real nats-server. */
export async function startEqualityFleet(options: {
  readonly model: string;
  /** Models, or `ngram`, by the name that tables call them. */
  readonly drafters: ReadonlyMap<string, string>;
  readonly replays: readonly Replay[];
  readonly parallel?: number;
}): Promise<EqualityFleet> {
  const { model, parallel = 1 } = options;
  const fleet = await startWorkerFleet();
  const hosts: ReplayHost[] = [];
  const close = async () => {
    await Promise.all(hosts.map((host) => host.stop()));
    await fleet.close();
  };
  try {
    await Promise.all([1, 2].map(() => fleet.start('target', model)));
    const plain = await fleet.engine({ model, drafter: 'none' });
    const engines = new Map<string, Engine>();
    const records = new Map<number, readonly number[]>();
    for (const [name, drafter] of options.drafters) {
      if (drafter !== 'ngram') await fleet.start('drafter', drafter);
      engines.set(name, await fleet.engine({ model, drafter, parallel }));
    }
    for (const replay of options.replays) {
      const host = await startReplayHost(fleet.server, replay, records);
      hosts.push(host);
      engines.set(`replay ${replay}`, await fleet.engine({ model, drafter: host.model, parallel }));
    }
    return {
      drafters: [...engines.keys()],
      compare: async (request, cellsOf) => {
        const { seed, temperature } = request;
        const expected = await run(plain, request);
        records.set(seed, expected.ids);
        const texts: Compared[] = [];
        for (const [place, [drafter, engine]] of [...engines].entries()) {
          for (const cell of cellsOf(place)) {
            const actual = await run(engine, { ...request, ...cell });
            texts.push(compare(actual, expected, { drafter, cell, temperature, seed }));
          }
        }
        records.delete(seed);
        return texts;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function compare(
  actual: Run,
  expected: Run,
  about: Pick<Compared, 'drafter' | 'cell' | 'temperature' | 'seed'>,
): Compared {
  const { staleVerdicts, targets } = actual.result.speculation;
  const length = Math.max(actual.ids.length, expected.ids.length);
  const differsAt = Array.from({ length }).findIndex((_, at) => actual.ids[at] !== expected.ids[at]);
  const { accepted, refuted } = actual;
  return {
    ...about,
    ...(differsAt < 0 ? {} : { differsAt }),
    accepted,
    refuted,
    stale: staleVerdicts,
    targets,
  };
}

export function tallyOf(drafters: readonly string[], texts: readonly Compared[]): Tally[] {
  return drafters.flatMap((drafter) =>
    ['si', 'dsi'].map((mode) => {
      const mine = texts.filter((text) => text.drafter === drafter && text.cell.mode === mode);
      const total = (count: 'accepted' | 'refuted' | 'stale') => sum(mine.map((text) => text[count]));
      return {
        drafter,
        mode,
        texts: mine.length,
        different: mine.filter(({ differsAt }) => differsAt !== undefined).length,
        accepted: total('accepted'),
        refuted: total('refuted'),
        stale: total('stale'),
        onBoth: mine.filter(({ targets }) => targets > 1).length,
      };
    }),
  );
}

/** What differs, and what should have been put to the test and was not, in words. */
export function problemsOf(tallies: readonly Tally[]): string[] {
  return tallies.flatMap(({ drafter, mode, texts, different, accepted, refuted, stale, onBoth }) => {
    const problems: string[] = [];
    const wrong = (problem: string) => problems.push(`${drafter} ${mode}: ${problem}`);
    const never = ['replay wrong', 'replay empty'].includes(drafter);
    if (different > 0) wrong(`${different} of ${texts} texts differ`);
    if (never ? accepted > 0 : accepted === 0) wrong(`${accepted} drafts were accepted`);
    const surely = ['replay right', 'replay empty'].includes(drafter);
    if (surely ? refuted > 0 : refuted === 0) wrong(`${refuted} drafts were refuted`);
    if (mode === 'dsi' && drafter !== 'replay empty' && onBoth === 0)
      wrong('no text was shared by two targets');
    if (mode === 'dsi' && drafter === 'replay wrong' && stale === 0) wrong('no verdict came late');
    return problems;
  });
}
