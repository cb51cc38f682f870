import picocolors from 'picocolors';
import type { LoggedToken } from '../../../core/engine.js';
import type { Cancel, Scheduler } from '../../../core/scheduler.js';
import { TextAssembler } from '../../../core/text-assembler.js';
import type { Tokenizer } from '../../../core/tokenizer.js';
import type { TraceEvent } from '../../../core/trace.js';
import type { CliOutput } from '../io.js';
import { cells, fitting, printable } from './cells.js';
import { LiveDrafts } from './live-drafts.js';
import { WrappedText } from './wrapped-text.js';

/** Between two pictures, milliseconds: whatever the pipeline does, the terminal gets 20 in a second at most. */
const REDRAW_MS = 50;
/** How long a refuted draft stays to be seen, milliseconds. */
const REFUTED_MS = 400;
/** The share of a line that is kept free for drafts. */
const TAIL_SHARE = 1 / 3;

/**
 * One generation on a terminal: its text, confirmed drafts green; behind it, on the same line, what was just refuted and
 * the drafts under way; below it the counts. Only the last line of the text and the counts are drawn again.
 */
export class LiveView {
  private readonly drafts = new LiveDrafts();
  private readonly text = new WrappedText();
  private readonly styles: Styles;
  private pending: Cancel | undefined;
  private writing = false;
  /** Goes back to where the last picture began. */
  private erase = '';

  constructor(
    private readonly output: CliOutput,
    private readonly tokenizer: Tokenizer,
    private readonly scheduler: Scheduler,
  ) {
    this.styles = stylesOf(output.colored);
  }

  note(event: TraceEvent): void {
    if (event.kind !== 'draft' && event.kind !== 'commit') return;
    this.drafts.note(event);
    this.drawSoon();
  }

  append(tokens: readonly LoggedToken[]): void {
    const columns = Math.floor(this.columns * (1 - TAIL_SHARE));
    for (const { text, drafted } of tokens)
      this.text.add(text, drafted ? this.styles.confirmed : (own) => own, columns);
    this.drawSoon();
  }

  /** Leaves the text and the counts. */
  async close(): Promise<void> {
    this.pending?.();
    await this.output.write(this.picture(''));
  }

  /** The last column stays free: a terminal may go to the next line once it is written. */
  private get columns(): number {
    return Math.max(4, this.output.columns - 1);
  }

  private drawSoon(): void {
    this.pending ??= this.scheduler.schedule(REDRAW_MS, () => {
      this.pending = undefined;
      this.draw();
    });
  }

  private draw(): void {
    // A terminal that does not keep up gets fewer pictures, not later ones.
    if (this.writing) {
      this.drawSoon();
      return;
    }
    this.writing = true;
    void this.output.write(this.picture(this.tail())).then(() => {
      this.writing = false;
    });
    if (this.justRefuted().length > 0) this.drawSoon();
  }

  private picture(tail: string): string {
    const { drafted, accepted, refuted } = this.drafts;
    const counts =
      drafted === 0
        ? ''
        : `\n${this.styles.counts(fitting(`drafted ${drafted}, accepted ${accepted}, refuted ${refuted}`, this.columns))}`;
    const picture = `${this.erase}${this.text.takeDone()}${this.text.line}${tail}${counts}`;
    this.erase = `\r${counts === '' ? '' : '\u001b[1A'}\u001b[J`;
    return picture;
  }

  private tail(): string {
    const { styles } = this;
    let room = this.columns - this.text.lineCells;
    const cut = (ids: readonly number[], style: Style, most: number) => {
      const text = fitting(this.oneLine(ids), most - style.marks);
      if (text === '') return '';
      room -= cells(text) + style.marks;
      return style.paint(text);
    };
    const refuted = cut(this.justRefuted(), styles.refuted, Math.floor(room / 2));
    return refuted + cut(this.drafts.underWay, styles.underWay, room);
  }

  private justRefuted(): readonly number[] {
    const { lastRefuted } = this.drafts;
    if (lastRefuted === undefined || this.scheduler.now() - lastRefuted.atMs > REFUTED_MS) return [];
    return lastRefuted.ids;
  }

  private oneLine(ids: readonly number[]): string {
    const { specialTokenIds } = this.tokenizer;
    const assembler = new TextAssembler();
    const texts = ids
      .filter((id) => !specialTokenIds.has(id))
      .map((id) => assembler.push(this.tokenizer.tokenBytes(id)));
    return printable(texts.join('')).replaceAll('\n', '↵');
  }
}

/** What the styles mean, for the heading. */
export function legend(colored: boolean): string {
  const { green, dim, red, strikethrough } = picocolors.createColors(colored);
  return colored
    ? `${green('green')}: guessed and confirmed, ${dim('dim')}: guessed, ${red(strikethrough('red'))}: refuted`
    : 'after |: guessed, between ~: refuted';
}

interface Style {
  readonly paint: (text: string) => string;
  /** Cells that it adds. */
  readonly marks: number;
}

interface Styles {
  readonly confirmed: (text: string) => string;
  readonly underWay: Style;
  readonly refuted: Style;
  readonly counts: (text: string) => string;
}

function stylesOf(colored: boolean): Styles {
  const { green, dim, red, strikethrough } = picocolors.createColors(colored);
  return {
    confirmed: green,
    counts: dim,
    underWay: colored ? { paint: dim, marks: 0 } : { paint: (text) => `|${text}`, marks: 1 },
    refuted: colored
      ? { paint: (text) => red(strikethrough(text)), marks: 0 }
      : { paint: (text) => `~${text}~`, marks: 2 },
  };
}
