/**
 * What happened when, for `--trace`: one track per worker, times as of `Scheduler.now()`. A sink must be cheap:
 * it is called on the hot path.
 */
export type TraceKind =
  | 'draft'
  | 'job'
  | 'pass'
  | 'verdict'
  | 'rollback'
  | 'commit'
  | 'prefill'
  | 'generation';

export interface TraceEvent {
  readonly kind: TraceKind;
  /** The worker or actor it belongs to: a worker id, or `controller`. */
  readonly track: string;
  readonly generation: string;
  readonly startMs: number;
  /** Absent for an instant. */
  readonly endMs?: number;
  readonly data?: Readonly<Record<string, number | string | boolean | readonly number[]>>;
}

export type TraceSink = (event: TraceEvent) => void;
