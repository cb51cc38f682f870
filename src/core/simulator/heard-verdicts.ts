import { pathSlot } from './path-slot.js';

/** Slots, by path. Far more than verdicts are ever out of order; one that is overwritten costs drafts, nothing else. */
const SLOTS = 16_384;

/** The paths after which a drafter has heard what the target says. */
export class HeardVerdicts {
  private readonly lines = new Int32Array(SLOTS);
  private readonly lengths = new Int32Array(SLOTS);

  has(line: number, length: number): boolean {
    const slot = pathSlot(line, length, SLOTS);
    return this.lengths[slot] === length && this.lines[slot] === line;
  }

  add(line: number, length: number): void {
    const slot = pathSlot(line, length, SLOTS);
    this.lengths[slot] = length;
    this.lines[slot] = line;
  }

  forget(line: number, length: number): void {
    if (this.has(line, length)) this.lengths[pathSlot(line, length, SLOTS)] = 0;
  }
}
