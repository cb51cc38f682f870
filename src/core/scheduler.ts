/** Stops a scheduled task, a subscription or a request; calling it twice is harmless. */
export type Cancel = () => void;

/**
 * The one source of time. Everything that waits or is delivered later goes through it, so that the same
 * actors run in real and in virtual time.
 */
export interface Scheduler {
  /** Milliseconds since the epoch with fractions; never goes backwards; comparable between processes of one host. */
  now(): number;
  /**
   * Runs `task` after `delayMs` (>= 0), never synchronously. Delay 0 means: after messages that are already
   * waiting on this process's sockets were seen.
   */
  schedule(delayMs: number, task: () => void): Cancel;
}
