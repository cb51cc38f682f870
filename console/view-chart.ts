import type { ShownActor } from './actors.js';
import type { ChartState } from './chart.js';
import { make } from './dom.js';

/** A machine as boxes within boxes: lit where it is, standing out for a moment where it has just been. */
export class ChartView {
  readonly element: HTMLElement;
  private readonly boxes: { readonly path: string; readonly box: HTMLElement }[] = [];

  constructor(
    private readonly document: Document,
    chart: ChartState,
  ) {
    const attributes = { 'aria-label': `states of ${chart.key}` };
    this.element = make(document, 'ul', { class: 'chart', attributes }, ...chart.states.map(this.boxOf));
  }

  update(lit: ReadonlySet<string>, visited: ShownActor['visited']): void {
    for (const { path, box } of this.boxes) {
      const isLit = lit.has(path);
      if (box.classList.contains('lit') !== isLit) {
        box.classList.toggle('lit', isLit);
        if (isLit) box.setAttribute('aria-current', 'true');
        else box.removeAttribute('aria-current');
      }
      const wasEntered = visited.has(path);
      if (box.classList.contains('visited') !== wasEntered) box.classList.toggle('visited', wasEntered);
    }
  }

  private readonly boxOf = (state: ChartState): HTMLElement => {
    const { path, key, kind, isInitial, description, states } = state;
    const name = make(this.document, 'span', { class: 'state-name', text: key });
    const inner = states.length === 0 ? [] : [make(this.document, 'ul', {}, ...states.map(this.boxOf))];
    const box = make(
      this.document,
      'li',
      {
        class: ['state', kind, ...(isInitial ? ['initial'] : [])].join(' '),
        attributes: { 'data-state': path, ...(description !== undefined && { title: description }) },
      },
      name,
      ...(kind === 'plain' ? [] : [make(this.document, 'span', { class: 'kind', text: kind })]),
      ...inner,
    );
    this.boxes.push({ path, box });
    return box;
  };
}
