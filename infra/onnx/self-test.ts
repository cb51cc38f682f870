import { createHash } from 'node:crypto';
import type { ForwardTime, Numerics } from '../../src/core/model.js';
import type { Decoder, Padding } from './decoder.js';
import { bytesOf, ProbePath, probeTokens, sameBits } from './probe-path.js';

export interface SelfTestResult {
  readonly numerics: Numerics;
  readonly padding: Padding;
  readonly forwardTimes: readonly ForwardTime[];
  readonly maxChunkTokens: number;
  /** Hash of the bits of the probe's logits. */
  readonly probeHash: string;
}

/** No pass after one this slow is measured, and no chunk is longer: messages wait for the end of a pass. */
const LONG_PASS_MS = 100;
const MEASURED_TOKENS = [4, 8, 16, 32, 64, 128] as const;
const SMALLEST_CHUNK = 8;
/** Reference rows: enough for every schedule below. */
const ROWS = 16;

/**
 * Proves on fixed tokens that passes of 1 (padded where that is needed), 2, 3, 7 and many tokens, and passes after a
 * rollback, give the same bits, and measures T(n) on the way: well under a second for 135M parameters.
 * With `padding` given that rule is tested; otherwise the cheapest that holds is found.
 */
export async function testTarget(
  decoder: Decoder,
  vocabularySize: number,
  now: () => number,
  padding?: Padding,
): Promise<SelfTestResult> {
  const tokens = probeTokens(vocabularySize);
  const reference = new ProbePath(decoder);
  const rows: Float32Array[] = [];
  const timesOfTwo: number[] = [];
  for (let i = 0; i < ROWS; i += 2) {
    const start = now();
    rows.push(...(await reference.feed(tokens.slice(i, i + 2), 2)));
    timesOfTwo.push(now() - start);
  }
  reference.close();

  const single = padding ?? (await cheapestPadding(decoder, tokens, rows));
  const timesOfOne: number[] = [];
  let exact = await holds(decoder, async (path) => {
    for (let i = 0; i < 4; i++) {
      const start = now();
      const one = await path.feed(tokens.slice(i, i + 1), single);
      timesOfOne.push(now() - start);
      if (!sameBits(one, rows.slice(i, i + 1))) return false;
    }
    return sameBits(await path.feedChunks(tokens.slice(4), [3, 7, 1], single), rows.slice(4));
  });
  exact &&= await holds(decoder, async (path) => {
    await path.feed(tokens.slice(0, 9), single, 0);
    path.crop(5);
    await path.feed([...tokens.slice(40, 43)], single);
    path.crop(5);
    return sameBits(await path.feed(tokens.slice(5, 12), single), rows.slice(5));
  });

  const forwardTimes: ForwardTime[] = [
    { tokens: 1, ms: median(timesOfOne) },
    { tokens: 2, ms: median(timesOfTwo) },
  ];
  for await (const measured of measureForwardTimes(decoder, tokens, single, now)) {
    forwardTimes.push({ tokens: measured.tokens, ms: measured.ms });
    exact &&= sameBits(measured.rows, rows);
  }
  const hash = createHash('sha256');
  for (const row of rows) hash.update(bytesOf(row));
  return {
    numerics: exact ? 'exact' : 'relaxed',
    padding: single,
    forwardTimes: ascending(forwardTimes),
    maxChunkTokens: maxChunk(forwardTimes),
    probeHash: hash.digest('hex'),
  };
}

/** T(n) of a drafter: nothing depends on its bits, so its passes are never padded. */
export async function measureDrafter(
  decoder: Decoder,
  vocabularySize: number,
  now: () => number,
): Promise<SelfTestResult> {
  const tokens = probeTokens(vocabularySize);
  const path = new ProbePath(decoder);
  const forwardTimes: ForwardTime[] = [];
  const hash = createHash('sha256');
  for (const size of [1, 2]) {
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      const start = now();
      for (const row of await path.feed(tokens.slice(0, size), 1, 1)) hash.update(bytesOf(row));
      times.push(now() - start);
    }
    forwardTimes.push({ tokens: size, ms: median(times) });
  }
  path.close();
  for await (const { tokens: size, ms } of measureForwardTimes(decoder, tokens, 1, now))
    forwardTimes.push({ tokens: size, ms });
  return {
    numerics: 'relaxed',
    padding: 1,
    forwardTimes: ascending(forwardTimes),
    maxChunkTokens: maxChunk(forwardTimes),
    probeHash: hash.digest('hex'),
  };
}

/** A graph built here pads inside attention; whether more is needed depends on the processor's kernels. */
async function cheapestPadding(
  decoder: Decoder,
  tokens: readonly number[],
  rows: readonly Float32Array[],
): Promise<Padding> {
  if (!decoder.info.builtHere) return 'even';
  const alone = await holds(decoder, async (path) =>
    sameBits(await path.feedChunks(tokens, [1, 1, 1, 1, 1, 1, 3, 1], 1), rows),
  );
  return alone ? 1 : 2;
}

async function holds(decoder: Decoder, test: (path: ProbePath) => Promise<boolean>): Promise<boolean> {
  const path = new ProbePath(decoder);
  try {
    return await test(path);
  } finally {
    path.close();
  }
}

async function* measureForwardTimes(
  decoder: Decoder,
  tokens: readonly number[],
  padding: Padding,
  now: () => number,
): AsyncGenerator<{ tokens: number; ms: number; rows: Float32Array[] }> {
  for (const size of MEASURED_TOKENS) {
    const times: number[] = [];
    let rows: Float32Array[] = [];
    for (let i = 0; i < (size <= 8 ? 3 : 2); i++) {
      const path = new ProbePath(decoder);
      const start = now();
      rows = await path.feed(tokens.slice(0, size), padding);
      times.push(now() - start);
      path.close();
      if (times[0] !== undefined && times[0] > LONG_PASS_MS / 2) break;
    }
    const ms = Math.min(...times);
    yield { tokens: size, ms, rows };
    if (ms > LONG_PASS_MS) return;
  }
}

/** Rounding of clocks and other load can make a longer pass look shorter: T(n) never falls. */
function ascending(times: readonly ForwardTime[]): ForwardTime[] {
  let floor = 0;
  return times.map(({ tokens, ms }) => {
    floor = Math.max(floor, ms);
    return { tokens, ms: floor };
  });
}

function maxChunk(times: readonly ForwardTime[]): number {
  const last = times.at(-1)?.tokens ?? SMALLEST_CHUNK;
  return Math.max(SMALLEST_CHUNK, last);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
