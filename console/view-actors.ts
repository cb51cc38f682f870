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

  update(
    { actors, processes, silent }: Pick<ConsoleModel, 'actors' | 'processes' | 'silent'>,
    nowMs: number,
  ): void {
    const all = actors.all();
    const sections = sectionsOf(all, processes, silent);
    setChildren(
      this.root,
      sections.map((section) => this.section(section, silent, nowMs)),
    );
    forgetOthers(this.sections, new Set(sections.map(({ title }) => title)));
    forgetOthers(this.actors, new Set(all.map(({ id }) => id)));
  }

  private section(
    { title, silent: isSilent, actors }: Section,
    silent: ReadonlySet<string>,
    nowMs: number,
  ): HTMLElement {
    const view = this.sections.get(title) ?? this.openSection(title);
    const running = actors.filter(({ endedAtMs }) => endedAtMs === undefined).length;
    const count = actors.length === 0 ? 'nothing runs' : `${running} running`;
    setText(view.count, isSilent ? `silent: in a long pass, cut off or gone; then ${count}` : count);
    setChildren(
      view.cards,
      actors.map((actor) => this.card(actor, silent.has(actor.process), nowMs)),
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

  private card(actor: ShownActor, isSilent: boolean, nowMs: number): HTMLElement {
    const known = this.actors.get(actor.id);
    // An actor that is told of anew may have another machine than before.
    const isSame = known?.actor === actor.chart;
    const view = isSame && known ? known.view : new ActorView(this.root.ownerDocument, actor, this.actions);
    if (!isSame) this.actors.set(actor.id, { actor: actor.chart, view });
    view.update(actor, isSilent, nowMs);
    return view.element;
  }
}

function forgetOthers(views: Map<string, unknown>, shown: ReadonlySet<string>): void {
  for (const key of views.keys()) if (!shown.has(key)) views.delete(key);
}
