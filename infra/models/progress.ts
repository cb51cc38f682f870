/** How far bringing a model here has come. */
export interface ModelProgress {
  readonly step: 'download' | 'verify' | 'import';
  readonly doneBytes: number;
  /** Undefined while nobody says. */
  readonly totalBytes: number | undefined;
  /** What an import makes of the weights, and why. */
  readonly weights?: string;
}

export type OnModelProgress = (progress: ModelProgress) => void;
