import type { ForwardResult, Sequence } from '../../src/core/model.js';
import type { WorkerPorts } from '../../src/core/ports.js';

/** One pass over `tokens`, wanting what follows the last `want` of them. */
export interface Pass {
  readonly session: { readonly sequence: Sequence };
  readonly tokens: readonly number[];
  readonly want: number;
}

/** Decides which passes a worker makes, and takes in what they give. */
export interface PassWork<P extends Pass> {
  /** Picks the next pass; undefined: nothing to do. */
  nextPass(): P | undefined;
  /** Publishes what a pass gave. */
  finish(pass: P, result: ForwardResult): void;
  fail(pass: P, error: Error): void;
  /** Whether there may be another pass. */
  hasWork(): boolean;
  /** Whether something else is to be done before the next pass. Default: never. */
  isInterrupted?(): boolean;
}

export type PassTurns = Pick<WorkerPorts, 'bus' | 'scheduler'> & {
  /** Whether a pass keeps the event loop waiting: then what it gave is on its way before anything else is done. */
  readonly blocking: boolean;
};

/**
 * Makes pass after pass, then calls `rest`. Between two passes the event loop turns once: what the first gave goes out,
 * and what arrived meanwhile comes in. No state changes on this way, since each change would delay the next pass by its
 * own time.
 */
export class PassLoop<P extends Pass> {
  private running = false;

  constructor(
    private readonly work: PassWork<P>,
    private readonly turns: PassTurns,
    private readonly rest: () => void,
  ) {}

  get isRunning(): boolean {
    return this.running;
  }

  /** Takes up what there is to do, unless it is at work already. */
  run(): void {
    if (this.running) return;
    this.running = true;
    this.next();
  }

  private next(): void {
    const { work, turns } = this;
    const pass = work.isInterrupted?.() ? undefined : work.nextPass();
    if (pass === undefined) {
      this.end();
      return;
    }
    pass.session.sequence.forward(pass.tokens, pass.want, (error, result) => {
      if (result !== undefined) work.finish(pass, result);
      else work.fail(pass, error ?? new Error('the pass gave no result'));
      if (turns.blocking) turns.bus.flush(() => this.turn());
      else this.turn();
    });
  }

  private turn(): void {
    if (this.work.hasWork()) this.turns.scheduler.schedule(0, () => this.next());
    else this.end();
  }

  private end(): void {
    this.running = false;
    this.rest();
  }
}
