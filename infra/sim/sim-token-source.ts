import { acceptanceInBlock } from '../../src/core/acceptance.js';
import type { TokenLogprobs } from '../../src/core/logprobs.js';
import type { SequenceOptions } from '../../src/core/model.js';
import { extendPathHash, type PathHash, rootPathHash } from '../../src/core/path-hash.js';
import type { SimOptions } from './sim-options.js';
import { SIM_WORDS } from './words.js';

/** Names a token after each path: what a simulated model says. Pure. */
export interface SimTokenSource {
  /** Hash of the empty path. */
  readonly root: PathHash;
  /** The next token after a path of `length` tokens; undefined: nothing to say. */
  next(path: PathHash, length: number): number | undefined;
  /** How likely it says that token is, and the `count` likeliest; undefined: it names tokens and no more. */
  logprobs?(path: PathHash, count: number): TokenLogprobs;
}

/**
 * A target: its token hashes the whole path (and, when sampling, the seed). It gives that one a probability of a half at
 * least, by another hash of the path, and what is left of it to one other word.
 */
export function simTarget(options: SequenceOptions): SimTokenSource {
  const root = rootPathHash(options.sampler.temperature > 0 ? `sim:${options.seed}` : 'sim');
  const next = (path: PathHash) => Math.floor(fraction(path, 0) * SIM_WORDS.length);
  return {
    root,
    next,
    logprobs: (path, count) => {
      const token = next(path);
      const probability = (1 + fraction(path, 3)) / 2;
      const likeliest: [number, number][] = [
        [token, Math.log(probability)],
        [wrongToken(path, token, SIM_WORDS.length), Math.log(1 - probability)],
      ];
      return { logprob: Math.log(probability), top: likeliest.slice(0, count) };
    },
  };
}

/**
 * A drafter that agrees with the target on a share of paths, decided by hash: the same paths in every run. With a trace,
 * where that says so.
 */
export function simDrafter(
  options: SequenceOptions,
  { acceptance, burst }: Pick<SimOptions, 'acceptance' | 'burst'>,
  trace?: readonly boolean[],
): SimTokenSource {
  const target = simTarget(options);
  const { promptLength } = options.sampler;
  const acceptanceAt = (length: number): number => {
    if (trace !== undefined) return trace[(length - promptLength) % trace.length] ? 1 : 0;
    if (burst === 1) return acceptance;
    const block = extendPathHash(target.root, Math.floor(length / burst));
    return acceptanceInBlock(acceptance, agrees(block, acceptance));
  };
  return {
    root: target.root,
    next: (path, length) => {
      const right = target.next(path, length);
      return right === undefined || agrees(path, acceptanceAt(length))
        ? right
        : wrongToken(path, right, SIM_WORDS.length);
    },
  };
}

/** A drafter that replays recorded output for any target: right on a share of positions, silent beyond the record. */
export function replayDrafter(
  options: SequenceOptions,
  recorded: readonly number[],
  acceptance: number,
): SimTokenSource {
  const highest = recorded.reduce((most, token) => Math.max(most, token), 1);
  return {
    root: rootPathHash(`replay:${options.seed}`),
    next: (path, length) => {
      const right = recorded[length - options.sampler.promptLength];
      return right === undefined || agrees(path, acceptance) ? right : wrongToken(path, right, highest + 1);
    },
  };
}

function agrees(path: PathHash, acceptance: number): boolean {
  return fraction(path, 7) < acceptance;
}

function wrongToken(path: PathHash, right: number, vocabulary: number): number {
  return (right + 1 + Math.floor(fraction(path, 11) * (vocabulary - 1))) % vocabulary;
}

/** A number in [0, 1) from a path and a salt. */
function fraction(path: PathHash, salt: number): number {
  return Number.parseInt(extendPathHash(path, salt).slice(0, 8), 16) / 2 ** 32;
}
