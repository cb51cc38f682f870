import { GENERATION_MODES, type GenerationMode } from '../generation.js';
import type { PaceBook } from './pace-book.js';

/** What a window counts against those before it, in the same text and over all texts. */
const NEWS = 0.5;
const NEWS_OF_A_TEXT = 0.25;

/**
 * How fast each mode really is in one text where workers share a machine: a drafter that runs slows the targets beside it
 * down, by how much no model says. Each mode is measured for a window of tokens, then the fastest one goes on, and the
 * others are tried again ever more seldom. What is known of other texts holds until this one tells otherwise: where
 * drafts are worse than usual, they are so in every mode.
 */
export class TextPace {
  /** In this text; plain decoding is the same in all. */
  private readonly drafted = new Map<GenerationMode, number>();
  /** The first of them: it tells how this text differs from others. */
  private first: GenerationMode | undefined;

  constructor(private readonly book: PaceBook) {}

  /** Milliseconds per token that are expected in this text; undefined: unknown. */
  paceOf(mode: GenerationMode): number | undefined {
    const usual = this.book.paceOf(mode);
    if (mode === 'none' || usual === undefined) return usual;
    return this.drafted.get(mode) ?? this.ratio() * usual;
  }

  /** The mode to decode the next window in: plain decoding first, which the others are held against. */
  next(): GenerationMode {
    const unknown = GENERATION_MODES.find((mode) => this.paceOf(mode) === undefined);
    if (unknown !== undefined) return unknown;
    const fastest = this.fastest();
    return GENERATION_MODES.find((mode) => mode !== fastest && this.book.isDue(mode)) ?? fastest;
  }

  /** A window of `tokens` took `ms`. */
  note(mode: GenerationMode, tokens: number, ms: number): void {
    const { book, drafted } = this;
    const measured = ms / tokens;
    if (mode !== 'none') drafted.set(mode, blend(drafted.get(mode), measured, NEWS));
    book.note(mode, tokens, this.usualPace(mode, measured), mode !== this.fastest());
  }

  /** What a window tells of texts as they come: of the first mode that drafts how drafts are, of another how it compares. */
  private usualPace(mode: GenerationMode, measured: number): number {
    const { book } = this;
    const before = book.paceOf(mode);
    if (mode === 'none') return blend(before, measured, NEWS);
    this.first ??= mode;
    if (before === undefined || mode !== this.first)
      return blend(before, measured / this.ratio(), NEWS_OF_A_TEXT);
    const after = blend(before, measured, NEWS_OF_A_TEXT);
    book.scaleDrafted(after / before);
    return after;
  }

  /** Of what tokens take here, where they are drafted, to what they usually take. */
  private ratio(): number {
    const { first, book, drafted } = this;
    const usual = first === undefined ? undefined : book.paceOf(first);
    const here = first === undefined ? undefined : drafted.get(first);
    return usual === undefined || here === undefined ? 1 : here / usual;
  }

  /** In words; undefined before every mode was measured. */
  get summary(): string | undefined {
    const paces = GENERATION_MODES.map((mode) => this.paceOf(mode));
    if (paces.includes(undefined)) return undefined;
    const parts = GENERATION_MODES.map((mode, index) => `${mode} ${(paces[index] ?? 0).toFixed(1)}`);
    return `measured ${parts.join(', ')} ms per token`;
  }

  private fastest(): GenerationMode {
    let best: GenerationMode = 'none';
    const paceOf = (mode: GenerationMode) => this.paceOf(mode) ?? Number.POSITIVE_INFINITY;
    for (const mode of GENERATION_MODES) if (paceOf(mode) < paceOf(best)) best = mode;
    return best;
  }
}

function blend(before: number | undefined, measured: number, news: number): number {
  return before === undefined ? measured : before + news * (measured - before);
}
