/** From line to line: beyond how far drafts run ahead, so that lines of one time are apart. */
const STRIDE = 521;

/** Where, in a table of so many slots (a power of two), a path of `length` tokens that ends on `line` has its place. */
export function pathSlot(line: number, length: number, slots: number): number {
  return (length + line * STRIDE) & (slots - 1);
}
