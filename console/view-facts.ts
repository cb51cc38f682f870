import { make, setText } from './dom.js';
import type { Facts } from './frames.js';

/** What is known of an actor, a row per fact. */
export class FactsView {
  readonly element: HTMLElement;
  private readonly body: HTMLElement;
  private readonly cells = new Map<string, HTMLElement>();

  constructor(
    private readonly document: Document,
    whose: string,
  ) {
    this.body = make(document, 'tbody');
    const attributes = { 'aria-label': `facts of ${whose}` };
    this.element = make(document, 'table', { class: 'facts', attributes }, this.body);
  }

  update(facts: Facts): void {
    for (const [name, value] of Object.entries(facts)) setText(this.cell(name), shown(value));
    for (const [name, cell] of this.cells) {
      if (Object.hasOwn(facts, name)) continue;
      cell.parentElement?.remove();
      this.cells.delete(name);
    }
  }

  private cell(name: string): HTMLElement {
    const known = this.cells.get(name);
    if (known !== undefined) return known;
    const cell = make(this.document, 'td');
    const head = make(this.document, 'th', { text: name, attributes: { scope: 'row' } });
    this.body.append(make(this.document, 'tr', {}, head, cell));
    this.cells.set(name, cell);
    return cell;
  }
}

/** Facts on one line. */
export function factsLine(facts: Facts): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}=${shown(value)}`)
    .join('  ');
}

function shown(value: number | string | boolean): string {
  if (typeof value !== 'number') return String(value);
  return Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 3 : 1);
}
