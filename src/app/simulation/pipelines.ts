import type { VirtualScheduler } from '../../core/virtual-scheduler.js';

/** When a pass of `ms` may begin: milliseconds from now. */
export type EnterPipeline = (ms: number) => number;

/**
 * Model parallelism: a target split into S stages has up to S passes under way, each as long as ever, and takes a new
 * one every S-th of a pass. To the controller it is S targets, of which two never begin together.
 */
export class Pipelines {
  private places = 0;
  private free = { atMs: 0 };

  constructor(
    private readonly stages: number,
    private readonly scheduler: VirtualScheduler,
  ) {}

  /** The next target's place; every `stages` of them share a pipeline. */
  place(): EnterPipeline | undefined {
    if (this.stages === 1) return undefined;
    if (this.places++ % this.stages === 0) this.free = { atMs: 0 };
    const first = this.free;
    return (ms) => {
      const now = this.scheduler.now();
      const beginsAtMs = Math.max(now, first.atMs);
      first.atMs = beginsAtMs + ms / this.stages;
      return beginsAtMs - now;
    };
  }
}
