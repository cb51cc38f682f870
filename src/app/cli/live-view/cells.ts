/** Cells of a terminal that the text takes at most: whatever may be wide counts as wide. */
export function cells(text: string): number {
  let count = 0;
  for (const character of text) count += (character.codePointAt(0) as number) < 0x1100 ? 1 : 2;
  return count;
}

/** The beginning of the text that fits into so many cells. */
export function fitting(text: string, most: number): string {
  let left = most;
  let end = 0;
  for (const character of text) {
    left -= cells(character);
    if (left < 0) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** Without what would move the cursor; tabs become a space. */
export function printable(text: string): string {
  return text.replaceAll('\t', ' ').replaceAll(/(?!\n)\p{Cc}/gu, '');
}
