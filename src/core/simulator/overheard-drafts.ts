import type { Lines } from './lines.js';
import type { DraftProposed } from './messages.js';

/** Messages remembered at most: those that came before the job that waits for them. */
const MESSAGES_KEPT = 16;

/** What a target has heard the drafters propose, by the path it goes on from; of the same path only the newest. */
export class OverheardDrafts {
  private readonly messages: DraftProposed[] = [];

  constructor(private readonly lines: Lines) {}

  add(message: DraftProposed): void {
    const { messages, lines } = this;
    const known = this.find(lines.lineAt(message.line, message.from), message.from);
    if (known >= 0) messages.splice(known, 1);
    messages.push(message);
    if (messages.length > MESSAGES_KEPT) messages.shift();
  }

  /** What goes on from this path, once; `line` is where it ends. */
  take(line: number, length: number): DraftProposed | undefined {
    const known = this.find(line, length);
    return known < 0 ? undefined : this.messages.splice(known, 1)[0];
  }

  private find(line: number, length: number): number {
    const { messages, lines } = this;
    for (let i = messages.length - 1; i >= 0; i--) {
      const message = messages[i] as DraftProposed;
      if (message.from === length && lines.lineAt(message.line, length) === line) return i;
    }
    return -1;
  }
}
