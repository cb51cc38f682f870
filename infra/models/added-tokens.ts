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

/** `mayBeControl`: whether [start, end) of the text may be taken for a control token. Default: all may. */
export type SectionSplitter = (
  text: string,
  mayBeControl?: (start: number, end: number) => boolean,
) => TextSection[];

/** Splits at the longest of `tokens` wherever one begins, from left to right. */
export function createSectionSplitter(tokens: readonly AddedToken[]): SectionSplitter {
  const find = createFinder(tokens);
  return (text, mayBeControl = () => true) => {
    const sections: TextSection[] = [];
    let start = 0;
    let stripNext = false;
    const addText = (section: string, stripEnd: boolean): void => {
      let kept = stripNext ? section.trimStart() : section;
      if (stripEnd) kept = kept.trimEnd();
      if (kept !== '') sections.push(kept);
    };
    for (const { token, at } of find(text, mayBeControl)) {
      addText(text.slice(start, at), token.lstrip);
      sections.push(token);
      start = at + token.content.length;
      stripNext = token.rstrip;
    }
    addText(text.slice(start), false);
    return sections;
  };
}

type Finder = (
  text: string,
  mayBeControl: (start: number, end: number) => boolean,
) => Iterable<{ readonly token: AddedToken; readonly at: number }>;

function createFinder(tokens: readonly AddedToken[]): Finder {
  const byContent = new Map(tokens.map((token) => [token.content, token]));
  const any = longestOf(tokens, 'g');
  const ordinary = longestOf(
    tokens.filter(({ special }) => !special),
    'y',
  );
  return function* (text, mayBeControl) {
    let from = 0;
    for (;;) {
      any.lastIndex = from;
      const match = any.exec(text);
      if (match === null) return;
      const at = match.index;
      let token = byContent.get(match[0]);
      if (token?.special && !mayBeControl(at, at + token.content.length)) {
        ordinary.lastIndex = at;
        token = byContent.get(ordinary.exec(text)?.[0] ?? '');
      }
      if (token !== undefined) yield { token, at };
      from = at + (token?.content.length ?? 1);
    }
  };
}

/** Matches the longest of tokens; without any, nothing. */
function longestOf(tokens: readonly AddedToken[], flags: string): RegExp {
  const longestFirst = tokens.map(({ content }) => content).sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map(escapePattern).join('|') || '(?!)', flags);
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
