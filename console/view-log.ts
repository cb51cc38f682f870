import { make } from './dom.js';
import type { EventLog, LogEntry } from './event-log.js';
import { timeOfDay } from './time.js';
import { factsLine } from './view-facts.js';

const MOST_SHOWN = 200;
/** Nobody reads faster. */
const UPDATE_MS = 200;

/** The last events, newest on top, of all actors or of those that the filter names. */
export class LogView {
  private shownSeq = -1;
  private updatedAtMs = Number.NEGATIVE_INFINITY;
  private shownFilter = '';

  constructor(
    private readonly body: HTMLElement,
    private readonly filter: HTMLInputElement,
  ) {}

  update(log: EventLog, nowMs: number): void {
    const filter = this.filter.value.trim();
    const isNewFilter = filter !== this.shownFilter;
    if (!isNewFilter && (log.count - 1 === this.shownSeq || nowMs - this.updatedAtMs < UPDATE_MS)) return;
    if (isNewFilter) {
      this.body.replaceChildren();
      this.shownSeq = -1;
    }
    const fresh = log.since(this.shownSeq, filter, MOST_SHOWN).map((entry) => this.row(entry));
    this.body.prepend(...fresh.reverse());
    while (this.body.children.length > MOST_SHOWN) this.body.lastElementChild?.remove();
    this.shownSeq = log.count - 1;
    this.shownFilter = filter;
    this.updatedAtMs = nowMs;
  }

  /** Shows the events of one actor alone. */
  showOnly(label: string): void {
    this.filter.value = label;
    this.filter.focus();
  }

  private row({ atMs, actor, type, facts }: LogEntry): HTMLElement {
    const { ownerDocument: document } = this.body;
    const cells = [timeOfDay(atMs), actor, type, factsLine(facts)];
    return make(document, 'tr', {}, ...cells.map((text) => make(document, 'td', { text })));
  }
}
