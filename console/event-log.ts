import type { EventFrame, Facts } from './frames.js';

/** Entries kept, of which a filter chooses; the page shows fewer. */
const MOST_KEPT = 2000;

export interface LogEntry {
  /** Rises by one. */
  readonly seq: number;
  readonly atMs: number;
  /** Whom it is about, as filters see it. */
  readonly actor: string;
  readonly type: string;
  readonly facts: Facts;
}

/** The last events of all actors, and where some were left out. */
export class EventLog {
  private entries: LogEntry[] = [];
  private nextSeq = 0;

  /** How many there have been: rises whenever there is something new. */
  get count(): number {
    return this.nextSeq;
  }

  event({ atMs, type, facts }: EventFrame, actor: string): void {
    this.add({ atMs, actor, type, facts });
  }

  /** A line about the log itself. */
  note(text: string, actor: string, atMs: number): void {
    this.add({ atMs, actor, type: text, facts: {} });
  }

  /** Entries after `seq` whose actor contains `filter`, the last `most` of them, oldest first. */
  since(seq: number, filter: string, most: number): LogEntry[] {
    const fresh = this.entries.slice(Math.max(0, this.entries.length - (this.nextSeq - 1 - seq)));
    const wanted = filter.toLowerCase();
    return fresh.filter(({ actor }) => actor.toLowerCase().includes(wanted)).slice(-most);
  }

  private add(entry: Omit<LogEntry, 'seq'>): void {
    this.entries.push({ seq: this.nextSeq++, ...entry });
    if (this.entries.length >= 2 * MOST_KEPT) this.entries = this.entries.slice(-MOST_KEPT);
  }
}
