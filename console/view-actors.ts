import type { ShownActor } from './actors.js';
import { make, setChildren, setText } from './dom.js';
import type { ConsoleModel } from './model.js';
import { type Section, sectionsOf } from './sections.js';
import { type ActorActions, ActorView } from './view-actor.js';

interface SectionView {
  readonly element: HTMLElement;
  readonly count: HTMLElement;
  readonly cards: HTMLElement;
}

/** Every actor of every process. Views are kept from one drawing to the next. */
export class ActorsView {
  private readonly sections = new Map<string, SectionView>();
  private readonly actors = new Map<
    string,
    { readonly actor: ShownActor['chart']; readonly view: ActorView }
  >();

  constructor(
    private readonly root: HTMLElement,
    private readonly actions: ActorActions,
  ) {}

  update({ actors, processes }: Pick<ConsoleModel, 'actors' | 'processes'>, nowMs: number): void {
    const all = actors.all();
    const sections = sectionsOf(all, processes);
    setChildren(
      this.root,
      sections.map((section) => this.section(section, nowMs)),
    );
    forgetOthers(this.sections, new Set(sections.map(({ title }) => title)));
    forgetOthers(this.actors, new Set(all.map(({ id }) => id)));
  }

  private section({ title, actors }: Section, nowMs: number): HTMLElement {
    const view = this.sections.get(title) ?? this.openSection(title);
    const running = actors.filter(({ endedAtMs }) => endedAtMs === undefined).length;
    setText(view.count, actors.length === 0 ? 'nothing runs' : `${running} running`);
    setChildren(
      view.cards,
      actors.map((actor) => this.card(actor, nowMs)),
    );
    return view.element;
  }

  private openSection(title: string): SectionView {
    const { ownerDocument: document } = this.root;
    const count = make(document, 'span', { class: 'count' });
    const cards = make(document, 'div', { class: 'cards' });
    const heading = make(document, 'h2', {}, make(document, 'span', { text: title }), count);
    const element = make(document, 'section', { attributes: { 'aria-label': title } }, heading, cards);
    const view = { element, count, cards };
    this.sections.set(title, view);
    return view;
  }

  private card(actor: ShownActor, nowMs: number): HTMLElement {
    const known = this.actors.get(actor.id);
    // An actor that is told of anew may have another machine than before.
    const isSame = known?.actor === actor.chart;
    const view = isSame && known ? known.view : new ActorView(this.root.ownerDocument, actor, this.actions);
    if (!isSame) this.actors.set(actor.id, { actor: actor.chart, view });
    view.update(actor, nowMs);
    return view.element;
  }
}

function forgetOthers(views: Map<string, unknown>, shown: ReadonlySet<string>): void {
  for (const key of views.keys()) if (!shown.has(key)) views.delete(key);
}
