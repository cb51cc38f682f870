import type { GenerationEnd, GenerationHandle } from '../../../src/core/engine.js';
import { UnavailableError } from '../../../src/core/errors.js';
import type { GenerationResult } from '../../../src/core/generation.js';
import { reportOf, usageOf } from './completion-report.js';

/** The generations that one request asked for, by the index of their choice, and what came of them. */
export class Choices {
  private readonly results: GenerationResult[] = [];
  private left: number;

  /**
   * `handles`: those that there are already of `count`, at least 1, of which `n` each have one prompt. `created`: seconds
   * since 1970.
   */
  constructor(
    readonly handles: readonly GenerationHandle[],
    private readonly count: number,
    private readonly n: number,
    private readonly idPrefix: string,
    private readonly created: number,
  ) {
    this.left = count;
  }

  /** What every answer and every event begins with. */
  head(object: string) {
    const [first] = this.handles as readonly [GenerationHandle];
    return { id: `${this.idPrefix}${first.id}`, object, created: this.created, model: first.model };
  }

  /** Throws what the generation failed with. True: this was the last one. */
  ended(index: number, end: GenerationEnd): boolean {
    if (end.outcome === 'failed') throw end.error;
    if (end.outcome === 'cancelled') throw new UnavailableError('the generation was cancelled');
    this.results[index] = end.result;
    return --this.left === 0;
  }

  finishReason(index: number) {
    return this.resultOf(index).finishReason;
  }

  /** What there is to say of the only choice beside it. */
  get reportBeside(): object {
    return this.count === 1 ? reportOf(this.resultOf(0)) : {};
  }

  /** What there is to say in a choice that is one of several. */
  reportInside(index: number): object {
    return this.count === 1 ? {} : reportOf(this.resultOf(index));
  }

  usage() {
    return usageOf(this.results, this.n);
  }

  cancel(): void {
    for (const handle of this.handles) if (handle.log.end === undefined) handle.cancel();
  }

  /** Only of one that has ended. */
  private resultOf(index: number): GenerationResult {
    return this.results[index] as GenerationResult;
  }
}
