/** A simulated cluster and what is asked of it: everything that the DSI paper assumes, and what else may be. */
export interface Setting {
  /** T, milliseconds. */
  readonly targetMs: number;
  /** c in milliseconds, and a, of each drafter; equal ones stand by for each other. */
  readonly drafters: readonly { readonly ms: number; readonly acceptance: number }[];
  /** SP, or pipelines where targets are split in stages. */
  readonly targets: number;
  /** Stages of each target: that many of its passes are under way at the same time. */
  readonly stages: number;
  /** l, milliseconds of a message one way. */
  readonly latencyMs: number;
  /** Coefficient of variation of pass times (log-normal). */
  readonly jitter: number;
  /** Share of passes that take five times as long. */
  readonly stragglers: number;
  /** Positions that drafts are well or badly right for together; 1: each by itself. */
  readonly burst: number;
  /** Generations at the same time. */
  readonly generations: number;
}

/** What the paper assumes: enough targets (Eq. 1), constant times, free messages, one drafter, one generation. */
export const ASSUMED: Setting = Object.freeze({
  targetMs: 20,
  drafters: [{ ms: 2, acceptance: 0.8 }],
  targets: 12,
  stages: 1,
  latencyMs: 0,
  jitter: 0,
  stragglers: 0,
  burst: 1,
  generations: 1,
});
