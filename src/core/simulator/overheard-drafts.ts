import type { Lines } from './lines.js';
import type { DraftProposed } from './messages.js';

/** Slots, by path: as many messages as matter at a time, several times over. */
const SLOTS = 1024;
/** From line to line: beyond how far drafts run ahead, so that lines of one time are apart. */
const STRIDE = 67;

/** What a target has heard the drafters propose, by the path it goes on from; of the same path only the newest. */
export class OverheardDrafts {
  private readonly messages: (DraftProposed | undefined)[] = new Array(SLOTS).fill(undefined);

  constructor(private readonly lines: Lines) {}

  add(message: DraftProposed): void {
    const { line, from } = message;
    this.messages[slotOf(this.lines.lineAt(line, from), from)] = message;
  }

  /** What goes on from this path, once; `line` is where it ends. */
  take(line: number, length: number): DraftProposed | undefined {
    const slot = slotOf(line, length);
    const message = this.messages[slot];
    if (message?.from !== length || this.lines.lineAt(message.line, length) !== line) return undefined;
    this.messages[slot] = undefined;
    return message;
  }
}

function slotOf(line: number, length: number): number {
  return (length + line * STRIDE) & (SLOTS - 1);
}
