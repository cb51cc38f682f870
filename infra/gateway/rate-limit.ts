/** A token bucket: `perSecond` on the long run, `burst` at once. */
export class RateLimit {
  private tokens: number;
  private filledAtMs: number;

  constructor(
    private readonly now: () => number,
    private readonly perSecond: number,
    private readonly burst: number,
  ) {
    this.tokens = burst;
    this.filledAtMs = now();
  }

  /** Takes one; false when there is none. */
  take(): boolean {
    const nowMs = this.now();
    this.tokens = Math.min(this.burst, this.tokens + ((nowMs - this.filledAtMs) * this.perSecond) / 1000);
    this.filledAtMs = nowMs;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
