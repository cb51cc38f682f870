import { createHash } from 'node:crypto';
import type { ForwardTime, Numerics } from '../../src/core/model.js';
import type { Decoder, Padding } from './decoder.js';
import { ascendingTimes, largestChunk, measureInTurns, measurePasses, median } from './forward-times.js';
import { bytesOf, type ProbePath, probeTokens, sameBits, withPath } from './probe-path.js';

export interface SelfTestResult {
  readonly numerics: Numerics;
  readonly padding: Padding;
  readonly forwardTimes: readonly ForwardTime[];
  readonly maxChunkTokens: number;
  /** Hash of the bits of the probe's logits. */
  readonly probeHash: string;
}

/** Reference rows: enough for every schedule below. */
const ROWS = 16;

export interface SelfTestOptions {
  readonly decoder: Decoder;
  readonly vocabularySize: number;
  /** Most tokens of a pass that may be tried; at least 16. */
  readonly contextTokens: number;
  readonly now: () => number;
}

/**
 * Proves on fixed tokens that passes of 1 (padded where that is needed), 2, 3, 7 and many tokens, after a short or a
 * long past and after a rollback, give the same bits, and measures T(n) on the way: about three seconds for
 * 135M parameters on one core. With `padding` given that rule is tested; otherwise the cheapest that holds is found.
 */
export async function testTarget(options: SelfTestOptions, padding?: Padding): Promise<SelfTestResult> {
  const { decoder, now } = options;
  const tokens = probeTokens(options.vocabularySize, options.contextTokens);
  const timesOfTwo: number[] = [];
  const rows = await withPath(decoder, async (path) => {
    const reference: Float32Array[] = [];
    for (let i = 0; i < ROWS; i += 2)
      reference.push(...(await timed(timesOfTwo, now, () => path.feed(tokens.slice(i, i + 2), 2))));
    return reference;
  });

  let exact = false;
  let single: Padding = 1;
  let timesOfOne: number[] = [];
  for (single of padding === undefined ? candidates(decoder) : [padding]) {
    timesOfOne = [];
    exact = await withPath(decoder, (path) => chunksAgree(path, tokens, rows, single, timesOfOne, now));
    if (exact) break;
  }
  exact &&= await withPath(decoder, (path) => rollbackLeavesNoTrace(path, tokens, rows, single));

  const forwardTimes: ForwardTime[] = [
    { tokens: 1, ms: median(timesOfOne) },
    { tokens: 2, ms: median(timesOfTwo) },
  ];
  let longest: readonly Float32Array[] = rows;
  for await (const pass of measurePasses(decoder, tokens, single, now)) {
    forwardTimes.push({ tokens: pass.tokens, ms: pass.ms });
    exact &&= sameBits(pass.rows, longest);
    if (pass.rows.length > longest.length) longest = pass.rows;
  }
  exact &&= await withPath(decoder, (path) => laterChunksAgree(path, tokens, longest, single));
  return {
    numerics: exact ? 'exact' : 'relaxed',
    padding: single,
    forwardTimes: ascendingTimes(await measureInTurns(decoder, tokens, single, forwardTimes, now)),
    maxChunkTokens: largestChunk(forwardTimes),
    probeHash: hashOf(rows),
  };
}

/** T(n) of a drafter: nothing depends on its bits, so its passes are never padded. */
export async function measureDrafter(options: SelfTestOptions): Promise<SelfTestResult> {
  const { decoder, now } = options;
  const tokens = probeTokens(options.vocabularySize, options.contextTokens);
  const forwardTimes: ForwardTime[] = [];
  const rows: Float32Array[] = [];
  for (const size of [1, 2]) {
    const times: number[] = [];
    await withPath(decoder, async (path) => {
      for (let i = 0; i < 5; i++)
        rows.push(...(await timed(times, now, () => path.feed(tokens.slice(0, size), 1, 1))));
    });
    forwardTimes.push({ tokens: size, ms: median(times) });
  }
  for await (const { tokens: size, ms } of measurePasses(decoder, tokens, 1, now))
    forwardTimes.push({ tokens: size, ms });
  return {
    numerics: 'relaxed',
    padding: 1,
    forwardTimes: ascendingTimes(await measureInTurns(decoder, tokens, 1, forwardTimes, now, 1)),
    maxChunkTokens: largestChunk(forwardTimes),
    probeHash: hashOf(rows),
  };
}

/** A graph built here pads inside attention; whether more is needed depends on weights and the processor's kernels. */
function candidates(decoder: Decoder): readonly Padding[] {
  return decoder.info.builtHere ? [1, 2] : ['even'];
}

async function chunksAgree(
  path: ProbePath,
  tokens: readonly number[],
  rows: readonly Float32Array[],
  padding: Padding,
  timesOfOne: number[],
  now: () => number,
): Promise<boolean> {
  for (let i = 0; i < 5; i++) {
    const one = await timed(timesOfOne, now, () => path.feed(tokens.slice(i, i + 1), padding));
    if (!sameBits(one, rows.slice(i, i + 1))) return false;
  }
  return sameBits(await path.feedChunks(tokens.slice(5), [3, 7, 1], padding), rows.slice(5));
}

async function rollbackLeavesNoTrace(
  path: ProbePath,
  tokens: readonly number[],
  rows: readonly Float32Array[],
  padding: Padding,
): Promise<boolean> {
  await path.feed(tokens.slice(0, 9), padding, 0);
  path.crop(5);
  await path.feed(tokens.slice(12, 15), padding);
  path.crop(5);
  return sameBits(await path.feed(tokens.slice(5, 12), padding), rows.slice(5));
}

/** Odd passes after a past of half the longest pass, against the rows of that pass, 16 or more. */
async function laterChunksAgree(
  path: ProbePath,
  tokens: readonly number[],
  rows: readonly Float32Array[],
  padding: Padding,
): Promise<boolean> {
  const past = (rows.length >> 1) + 1;
  await path.feed(tokens.slice(0, past), padding, 0);
  const sizes = [1, 3, rows.length - past - 4];
  return sameBits(await path.feedChunks(tokens.slice(past), sizes, padding), rows.slice(past));
}

async function timed<T>(times: number[], now: () => number, work: () => Promise<T>): Promise<T> {
  const start = now();
  const result = await work();
  times.push(now() - start);
  return result;
}

function hashOf(rows: readonly Float32Array[]): string {
  const hash = createHash('sha256');
  for (const row of rows) hash.update(bytesOf(row));
  return hash.digest('hex');
}
