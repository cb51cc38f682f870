/**
 * Looks for stop strings in a text that arrives in pieces, one step per character however long they are
 * (Knuth, Morris, Pratt). Which one ends the text does not depend on the pieces: the first to be complete, and of
 * two that are complete at once the longer one.
 */
export class StopMatcher {
  private readonly patterns: readonly Pattern[];

  /** An empty string never matches. */
  constructor(stop: readonly string[]) {
    this.patterns = stop
      .filter((text) => text.length > 0)
      .sort((a, b) => b.length - a.length)
      .map((text) => new Pattern(text));
  }

  /** Length of the tail of all text so far that may begin a stop string. */
  get held(): number {
    return this.patterns.reduce((longest, pattern) => Math.max(longest, pattern.matched), 0);
  }

  /**
   * When a stop string is complete: how long the rest of all text so far is from where it begins. Nothing may be
   * pushed afterwards.
   */
  push(text: string): number | undefined {
    if (this.patterns.length === 0) return undefined;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      let complete: Pattern | undefined;
      for (const pattern of this.patterns) {
        if (pattern.push(unit)) complete ??= pattern;
      }
      if (complete !== undefined) return complete.text.length + text.length - 1 - index;
    }
    return undefined;
  }
}

class Pattern {
  /** Length of the longest beginning of the pattern that the text so far ends with. */
  matched = 0;
  private readonly fallbacks: readonly number[];

  constructor(readonly text: string) {
    this.fallbacks = longestBorders(text);
  }

  /** Takes one UTF-16 unit; true when the pattern is complete. */
  push(unit: number): boolean {
    while (this.matched > 0 && this.text.charCodeAt(this.matched) !== unit) {
      this.matched = this.fallbacks[this.matched - 1] as number;
    }
    if (this.text.charCodeAt(this.matched) === unit) this.matched += 1;
    return this.matched === this.text.length;
  }
}

/** Element i is the length of the longest proper beginning of text[0..i] that it also ends with. */
function longestBorders(text: string): number[] {
  const borders = [0];
  let border = 0;
  for (let index = 1; index < text.length; index++) {
    while (border > 0 && text[border] !== text[index]) border = borders[border - 1] as number;
    if (text[border] === text[index]) border += 1;
    borders.push(border);
  }
  return borders;
}
