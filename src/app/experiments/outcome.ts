import type { Figure } from '../../../infra/plot/figure.js';

/** What an experiment found, three times. */
export interface ExperimentOutcome {
  /** As data, for `--json`. */
  readonly report: Readonly<Record<string, unknown>>;
  /** As text, for a terminal. */
  readonly text: string;
  readonly figure: Figure;
}

/** Called before each part of a long experiment: lets others run, and throws when nobody wants the rest any more. */
export type BetweenRuns = (next: string) => Promise<void>;

/** Rounds for a report: digits beyond these mean nothing. Null where there is no number. */
export function rounded(value: number, digits = 4): number | null {
  return Number.isFinite(value) ? Number(value.toFixed(digits)) : null;
}
