/** How far bringing a model here has come. */
export interface ModelProgress {
  readonly step: 'download' | 'verify' | 'import';
  readonly doneBytes: number;
  /** Undefined while nobody says. */
  readonly totalBytes: number | undefined;
}

export type OnModelProgress = (progress: ModelProgress) => void;
