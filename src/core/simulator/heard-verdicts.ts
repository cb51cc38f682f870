/** Slots, by path. Far more than verdicts are ever out of order; one that is overwritten costs drafts, nothing else. */
const SLOTS = 16_384;
/** From line to line: beyond how far drafts run ahead, so that lines of one time are apart. */
const STRIDE = 67;

/** The paths after which a drafter has heard what the target says. */
export class HeardVerdicts {
  private readonly lines = new Int32Array(SLOTS);
  private readonly lengths = new Int32Array(SLOTS);

  has(line: number, length: number): boolean {
    const slot = slotOf(line, length);
    return this.lengths[slot] === length && this.lines[slot] === line;
  }

  add(line: number, length: number): void {
    const slot = slotOf(line, length);
    this.lengths[slot] = length;
    this.lines[slot] = line;
  }

  forget(line: number, length: number): void {
    if (this.has(line, length)) this.lengths[slotOf(line, length)] = 0;
  }
}

function slotOf(line: number, length: number): number {
  return (length + line * STRIDE) & (SLOTS - 1);
}
