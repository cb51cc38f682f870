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
 * Makes pass after pass, then calls `rest`. Between two passes the event loop turns once: what the first gave goes out, and
 * what arrived meanwhile comes in. No state changes on this way, since each change would delay the next pass by its own time.
 */
export function runPasses<P extends Pass>(work: PassWork<P>, turns: PassTurns, rest: () => void): void {
  const pass = work.nextPass();
  if (pass === undefined) {
    rest();
    return;
  }
  const goOn = () => {
    if (work.isInterrupted?.()) rest();
    else runPasses(work, turns, rest);
  };
  const turn = () => {
    if (work.hasWork()) turns.scheduler.schedule(0, goOn);
    else rest();
  };
  pass.session.sequence.forward(pass.tokens, pass.want, (error, result) => {
    if (result !== undefined) work.finish(pass, result);
    else work.fail(pass, error ?? new Error('the pass gave no result'));
    if (turns.blocking) turns.bus.flush(turn);
    else turn();
  });
}
