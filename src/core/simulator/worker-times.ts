/** How long the passes of one worker take. */
export interface WorkerTimes {
  /** Milliseconds of the next pass, over `tokens` tokens; a target's is to decide paths of `from` tokens and more. */
  next(tokens: number, from: number): number;
}
