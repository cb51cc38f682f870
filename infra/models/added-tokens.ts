/** A token that is matched in the text itself, before anything else. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** A control token: matched only where special tokens are asked for. */
  readonly special: boolean;
  /** Takes the white space before (after) it along. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** A stretch of ordinary text, or one added token. */
export type TextSection = string | AddedToken;

export type SectionSplitter = (text: string) => TextSection[];

/** Splits at the longest of `tokens` wherever one begins, from left to right. */
export function createSectionSplitter(tokens: readonly AddedToken[]): SectionSplitter {
  if (tokens.length === 0) return (text) => [text];
  const byContent = new Map(tokens.map((token) => [token.content, token]));
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escapePattern).join('|'), 'g');
  return (text) => {
    const sections: TextSection[] = [];
    let start = 0;
    let stripNext = false;
    const addText = (section: string, stripEnd: boolean): void => {
      let kept = stripNext ? section.trimStart() : section;
      if (stripEnd) kept = kept.trimEnd();
      if (kept !== '') sections.push(kept);
    };
    for (const match of text.matchAll(pattern)) {
      const token = byContent.get(match[0]) as AddedToken;
      addText(text.slice(start, match.index), token.lstrip);
      sections.push(token);
      start = match.index + match[0].length;
      stripNext = token.rstrip;
    }
    addText(text.slice(start), false);
    return sections;
  };
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
