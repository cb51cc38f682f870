import type { GenerationEnd, GenerationHandle } from '../../../src/core/engine.js';
import { GenerationCancelledError } from '../../../src/core/errors.js';
import type { GenerationResult } from '../../../src/core/generation.js';
import { reportOf, usageOf } from './completion-report.js';

/** The generations that one request asked for, in the order of its choices, and what came of them. */
export class Choices {
  private readonly added: GenerationHandle[] = [];
  private readonly results: GenerationResult[] = [];
  private left: number;

  /** `count`: at least 1, of which `n` each have one prompt. `created`: seconds since 1970. */
  constructor(
    private readonly count: number,
    private readonly n: number,
    private readonly idPrefix: string,
    private readonly created: number,
  ) {
    this.left = count;
  }

  add(handle: GenerationHandle): void {
    this.added.push(handle);
  }

  get handles(): readonly GenerationHandle[] {
    return this.added;
  }

  /** What every answer and every event begins with. */
  head(object: string) {
    const [first] = this.handles as readonly [GenerationHandle];
    return { id: `${this.idPrefix}${first.id}`, object, created: this.created, model: first.model };
  }

  /** Throws what the generation failed with. True: this was the last one. */
  ended(index: number, end: GenerationEnd): boolean {
    if (end.outcome === 'failed') throw end.error;
    if (end.outcome === 'cancelled') throw new GenerationCancelledError('the generation was cancelled');
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
