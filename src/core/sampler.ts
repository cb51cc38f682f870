import { InvalidLogitsError, InvalidOptionError } from './errors.js';
import { gumbelBounds, noiseKey } from './noise.js';
import { hasPenalties, TokenCounts } from './penalties.js';
import { type Contest, largestLogit, largestNoisyLogit } from './sampler-contest.js';
import { EVERYTHING, filterCut } from './sampler-filters.js';
import { NucleusContest } from './sampler-nucleus.js';
import type { SamplerParameters } from './sampler-parameters.js';

export interface Pick {
  readonly token: number;
  /**
   * How sure, 0..255: 255 * (1 - e^-m), m = the score's lead over the runner-up in logits. The lead includes the
   * noise, which drafter and target share, so it says how far their logits may differ without changing the token.
   */
  readonly confidence: number;
}

/**
 * Picks tokens along one path. A pick depends on nothing but parameters, seed, path and logits: not on earlier
 * picks, nor on how the path came about by `push` and `crop`. In this order: logit bias, penalties, end tokens
 * excluded before `minTokens`, then the largest logit (temperature 0), or top-k, top-p, min-p and the largest
 * logit + temperature * Gumbel noise, which samples from softmax(logits / temperature). Ties go to the lowest id.
 */
export class PathSampler {
  private pathLength = 0;
  private readonly counts: TokenCounts | undefined;
  private readonly noiseBounds: Float64Array;
  private readonly filtered: boolean;
  private scratch: Float32Array | undefined;
  private nucleus: NucleusContest | undefined;

  /** `seed` 0..2^53-1. Throws InvalidOptionError for a seed or a biased token id out of range. */
  constructor(
    private readonly parameters: SamplerParameters,
    private readonly seed: number,
    private readonly vocabularySize: number,
  ) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new InvalidOptionError('seed', seed, 'an integer 0..9007199254740991');
    }
    for (const [id] of parameters.logitBias) {
      if (id >= vocabularySize) {
        throw new InvalidOptionError('logit_bias', id, `for token ids 0..${vocabularySize - 1}`);
      }
    }
    this.counts = hasPenalties(parameters) ? new TokenCounts(parameters.promptLength) : undefined;
    this.noiseBounds = gumbelBounds(parameters.temperature);
    this.filtered = parameters.topK > 0 || parameters.topP < 1 || parameters.minP > 0;
  }

  /** Tokens pushed. */
  get length(): number {
    return this.pathLength;
  }

  push(token: number): void {
    if (!(token >= 0 && token < this.vocabularySize)) {
      throw new InvalidOptionError('token', token, `0..${this.vocabularySize - 1}`);
    }
    this.counts?.push(token);
    this.pathLength += 1;
  }

  /** Forgets all tokens from `length` on. */
  crop(length: number): void {
    if (!(length >= 0 && length <= this.pathLength)) {
      throw new InvalidOptionError('length', length, `0..${this.pathLength}`);
    }
    this.counts?.crop(length);
    this.pathLength = length;
  }

  /**
   * The token for the position after all pushed tokens. `logits` is one row of the vocabulary's size, not modified.
   * Throws InvalidLogitsError when a logit is NaN or +Infinity, or all of them are -Infinity.
   */
  pick(logits: Float32Array): Pick {
    if (logits.length !== this.vocabularySize) {
      throw this.invalid(`${logits.length} logits for a vocabulary of ${this.vocabularySize}`);
    }
    return this.pickWinner(this.contest(this.adjusted(logits)));
  }

  /** Whether the largest logit, as the model gives it, is the pick after every path of `length` tokens or more. */
  picksLargest(length: number): boolean {
    return this.parameters.temperature === 0 && !this.adjusts(length);
  }

  /** The same as `pick` where `picksLargest`: whose logit is the largest is known already. */
  pickWinner({ winner, best, second }: Contest): Pick {
    if (best === Number.NEGATIVE_INFINITY) throw this.invalid('every token is excluded');
    if (!Number.isFinite(best)) throw this.invalid('a logit is NaN or +Infinity');
    return { token: winner, confidence: Math.round(255 * (1 - Math.exp(second - best))) };
  }

  private contest(row: Float32Array): Contest {
    const { parameters, noiseBounds } = this;
    const { temperature, topK, topP } = parameters;
    if (temperature === 0) return largestLogit(row);
    const key = noiseKey(this.seed, this.pathLength);
    if (!this.filtered) return largestNoisyLogit(row, EVERYTHING, key, temperature, noiseBounds);
    const largest = largestLogit(row);
    if (!Number.isFinite(largest.best)) return largest;
    if (topP < 1 && (topK === 0 || topK >= row.length)) {
      this.nucleus ??= new NucleusContest();
      const decided = this.nucleus.decide(row, parameters, largest.best, key, noiseBounds);
      if (decided !== undefined) return decided;
    }
    const cut = filterCut(row, parameters, largest.best);
    return largestNoisyLogit(row, cut, key, temperature, noiseBounds);
  }

  /** The row after bias, penalties and excluded end tokens; the row itself when there is nothing to change. */
  private adjusted(logits: Float32Array): Float32Array {
    if (!this.adjusts(this.pathLength)) return logits;
    const { logitBias, endTokenIds } = this.parameters;
    this.scratch ??= new Float32Array(this.vocabularySize);
    const row = this.scratch;
    row.set(logits);
    for (const [id, bias] of logitBias) row[id] = (row[id] as number) + bias;
    this.counts?.penalize(row, this.parameters);
    if (this.excludesEnds(this.pathLength)) for (const id of endTokenIds) row[id] = Number.NEGATIVE_INFINITY;
    return row;
  }

  private adjusts(length: number): boolean {
    return this.parameters.logitBias.length > 0 || this.counts !== undefined || this.excludesEnds(length);
  }

  private excludesEnds(length: number): boolean {
    const { minTokens, endTokenIds, promptLength } = this.parameters;
    return Math.max(0, length - promptLength) < minTokens && endTokenIds.length > 0;
  }

  private invalid(problem: string): InvalidLogitsError {
    return new InvalidLogitsError(this.pathLength, problem);
  }
}
