import { acceptanceInBlock } from '../acceptance.js';
import { type NoiseKey, noiseBits, noiseKey } from '../noise.js';
import { type Lines, TEXT } from './lines.js';
import type { DraftAcceptance } from './settings.js';

/** Which drafts are right: a pure function of the path, so that every drafter makes the same draft after it. */
export interface DraftTruth {
  /** Whether the draft after the first `length` tokens (prompt included) of a path that ends on `line` is right. */
  isRight(lines: Lines, line: number, length: number): boolean;
}

/** Random drafts, decided by a counter-based hash of seed and path; or recorded ones, and random ones off the text. */
export function draftTruth(acceptance: DraftAcceptance, seed: number, promptTokens: number): DraftTruth {
  const paths = noiseKey(seed, 1);
  const blocks = noiseKey(seed, 2);
  switch (acceptance.kind) {
    case 'independent': {
      const { rate } = acceptance;
      return { isRight: (lines, line, length) => chance(paths, lines, line, length) < rate };
    }
    case 'bursts': {
      const { rate, length: size } = acceptance;
      const good = acceptanceInBlock(rate, true);
      const bad = acceptanceInBlock(rate, false);
      return {
        isRight: (lines, line, length) => {
          const isGood = uniform(blocks.first, blocks.second, Math.floor(length / size)) < rate;
          return chance(paths, lines, line, length) < (isGood ? good : bad);
        },
      };
    }
    case 'trace': {
      const right = Uint8Array.from(acceptance.right, Number);
      const rate = right.reduce((sum, value) => sum + value, 0) / right.length;
      return {
        isRight: (lines, line, length) =>
          line === TEXT
            ? right[(length - promptTokens) % right.length] === 1
            : chance(paths, lines, line, length) < rate,
      };
    }
  }
}

/** Uniform in [0, 1), one for each path: drafts on different lines are right or wrong independently. */
function chance({ first, second }: NoiseKey, lines: Lines, line: number, length: number): number {
  const fork = lines.forkOf(line);
  return uniform(first, second ^ Math.imul(fork + 1, 0x9e3779b1), length);
}

function uniform(first: number, second: number, id: number): number {
  return (noiseBits(first, second, id) >>> 0) / 2 ** 32;
}
