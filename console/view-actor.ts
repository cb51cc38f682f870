import type { ShownActor } from './actors.js';
import { condition, meaning, receivedLines, waysOn } from './describe-actor.js';
import { make, setText } from './dom.js';
import { labelOf } from './model.js';
import { withAncestors } from './states.js';
import { ChartView } from './view-chart.js';
import { FactsView } from './view-facts.js';
import { LinesView } from './view-lines.js';

export interface ActorActions {
  /** Shows the events of one actor alone. */
  showEventsOf(label: string): void;
}

/** One actor: its chart, what it received, the ways on, and its facts. */
export class ActorView {
  readonly element: HTMLElement;
  private readonly condition: HTMLElement;
  private readonly meaning: HTMLElement;
  private readonly chart: ChartView;
  private readonly received: LinesView;
  private readonly ways: LinesView;
  private readonly facts: FactsView;

  constructor(document: Document, actor: ShownActor, actions: ActorActions) {
    const { name, machine, parent } = actor;
    const label = labelOf(actor);
    this.condition = make(document, 'span', { class: 'condition' });
    this.meaning = make(document, 'p', { class: 'meaning' });
    this.chart = new ChartView(document, actor.chart);
    this.received = new LinesView(document, 'received', 'received');
    this.ways = new LinesView(document, 'ways', 'ways on');
    this.facts = new FactsView(document, label);
    const events = make(document, 'button', {
      text: 'events',
      attributes: { type: 'button', 'aria-label': `show events of ${label} alone` },
    });
    events.addEventListener('click', () => actions.showEventsOf(label));
    const kind = make(document, 'span', { class: 'machine', text: machine === name ? '' : machine });
    const title = make(document, 'h3', { text: name, attributes: { title: label } });
    const details = [this.received, this.ways, this.facts].map(({ element }) => element);
    this.element = make(
      document,
      'article',
      { class: parent === undefined ? 'actor' : 'actor child', attributes: { 'aria-label': label } },
      make(document, 'header', {}, title, kind, this.condition, events),
      this.chart.element,
      this.meaning,
      make(document, 'div', { class: 'details' }, ...details),
    );
  }

  /** `isSilent`: nothing was heard of its process for a while. */
  update(actor: ShownActor, isSilent: boolean, nowMs: number): void {
    const lit = withAncestors(actor.place.states);
    const hasEnded = actor.endedAtMs !== undefined;
    this.toggle('ended', hasEnded);
    this.toggle('silent', isSilent);
    setText(this.condition, condition(actor));
    setText(this.meaning, meaning(actor, lit));
    this.chart.update(lit, actor.visited);
    this.received.update(receivedLines(actor, lit, nowMs));
    this.ways.update(hasEnded ? [] : waysOn(actor, lit));
    this.facts.update(actor.facts);
  }

  private toggle(name: string, on: boolean): void {
    const { classList } = this.element;
    if (classList.contains(name) !== on) classList.toggle(name, on);
  }
}
