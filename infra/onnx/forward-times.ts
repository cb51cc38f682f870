import type { ForwardTime } from '../../src/core/model.js';
import type { Decoder, Padding } from './decoder.js';
import { ProbePath, withPath } from './probe-path.js';

/** No chunk is longer than one that takes about this: messages wait for the end of a pass. */
const LONG_PASS_MS = 100;
/** Chunks of up to this many tokens may take longer, up to `VERY_LONG_PASS_MS`: other load inflates measured times. */
const MODEST_CHUNK = 16;
const VERY_LONG_PASS_MS = 1000;
/** Kernels multiply several tokens at once, of some processors six: T(n) rises in steps. */
const MEASURED_TOKENS = [4, 6, 7, 8, 12, 13, 16, 32, 64, 128] as const;
/** Passes of up to this many tokens are measured in turns; so many turns, in about so much time, at most. */
const COMPARED_TOKENS = 16;
const MOST_TURNS = 7;
/** Fewer would say less than what was measured before. */
const FEWEST_TURNS = 3;
const TURNS_MS = 1500;

export interface MeasuredPass extends ForwardTime {
  /** Logits after each token. */
  readonly rows: readonly Float32Array[];
}

/** Times passes over the first 4, 6, 7 ... of `tokens`, all logits wanted, until one is long. */
export async function* measurePasses(
  decoder: Decoder,
  tokens: readonly number[],
  padding: Padding,
  now: () => number,
): AsyncGenerator<MeasuredPass> {
  for (const size of MEASURED_TOKENS) {
    if (size > tokens.length) return;
    let ms = Number.POSITIVE_INFINITY;
    let rows: Float32Array[] = [];
    for (let repeat = 0; repeat < 2; repeat++) {
      if (repeat > 0 && ms > LONG_PASS_MS / 2) break;
      const path = new ProbePath(decoder);
      const start = now();
      rows = await path.feed(tokens.slice(0, size), padding);
      ms = Math.min(ms, now() - start);
      path.close();
    }
    yield { tokens: size, ms, rows };
    if (ms > (size < MODEST_CHUNK ? VERY_LONG_PASS_MS : LONG_PASS_MS)) return;
  }
}

/**
 * T(n) of short passes, measured in turns: other load comes and goes, so what a pass takes is told by what it takes of one
 * over a single token right beside it. `times` are those measured one after another, which stay where turns would take long.
 */
export async function measureInTurns(
  decoder: Decoder,
  tokens: readonly number[],
  padding: Padding,
  times: readonly ForwardTime[],
  now: () => number,
  /** Logits wanted of a pass; default: all. */
  want?: number,
): Promise<ForwardTime[]> {
  const short = times.filter((time) => time.tokens <= COMPARED_TOKENS);
  const turnMs = short.reduce((sum, { ms }) => sum + ms, 0);
  const turns = Math.min(MOST_TURNS, Math.floor(TURNS_MS / turnMs));
  if (turns < FEWEST_TURNS) return [...times];
  const measured = short.map(() => [] as number[]);
  await withPath(decoder, async (path) => {
    for (let turn = 0; turn < turns; turn++)
      for (const [place, { tokens: size }] of short.entries()) {
        path.crop(0);
        const start = now();
        await path.feed(tokens.slice(0, size), padding, want);
        measured[place]?.push(now() - start);
      }
  });
  const [singles = []] = measured;
  const singleMs = median(singles);
  return times.map((time, place) => {
    const all = measured[place];
    if (all === undefined) return time;
    return { ...time, ms: singleMs * median(all.map((ms, turn) => ms / (singles[turn] ?? ms))) };
  });
}

/** Rounding of clocks and other load can make a longer pass look shorter: T(n) never falls. */
export function ascendingTimes(times: readonly ForwardTime[]): ForwardTime[] {
  let floor = 0;
  return times.map(({ tokens, ms }) => {
    floor = Math.max(floor, ms);
    return { tokens, ms: floor };
  });
}

/** The longest pass that was measured. */
export function largestChunk(times: readonly ForwardTime[]): number {
  return Math.max(...times.map(({ tokens }) => tokens));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
