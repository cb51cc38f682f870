import { cells, fitting, printable } from './cells.js';

/** Puts its colour, if any, on a part of the text. */
export type Paint = (text: string) => string;

/** Text that grows, in lines that fit a terminal: the last one can be drawn again, those before it are done. */
export class WrappedText {
  /** The last line, painted. */
  line = '';
  /** Cells that it takes. */
  lineCells = 0;
  private done = '';

  add(text: string, paint: Paint, columns: number): void {
    for (const [index, part] of printable(text).split('\n').entries()) {
      if (index > 0) this.breakLine();
      this.append(part, paint, columns);
    }
  }

  /** The lines that ended since the last call, each with its newline. */
  takeDone(): string {
    const { done } = this;
    this.done = '';
    return done;
  }

  private append(part: string, paint: Paint, columns: number): void {
    let rest = part;
    if (this.lineCells > 0 && this.lineCells + cells(rest) > columns) {
      this.breakLine();
      rest = rest.trimStart();
    }
    while (cells(rest) > columns) {
      const head = fitting(rest, Math.max(2, columns));
      this.put(head, paint);
      this.breakLine();
      rest = rest.slice(head.length);
    }
    this.put(rest, paint);
  }

  private put(text: string, paint: Paint): void {
    if (text === '') return;
    this.line += paint(text);
    this.lineCells += cells(text);
  }

  private breakLine(): void {
    this.done += `${this.line}\n`;
    this.line = '';
    this.lineCells = 0;
  }
}
