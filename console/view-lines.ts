import { make, setText } from './dom.js';

export interface Line {
  readonly text: string;
  readonly isFresh: boolean;
}

/** A titled list of short lines, the elements of which are used again. */
export class LinesView {
  readonly element: HTMLElement;
  private readonly list: HTMLElement;

  constructor(
    private readonly document: Document,
    name: string,
    title: string,
  ) {
    this.list = make(document, 'ul', { attributes: { 'aria-label': title } });
    const heading = make(document, 'h4', { text: title });
    this.element = make(document, 'div', { class: `lines ${name}` }, heading, this.list);
  }

  update(lines: readonly Line[]): void {
    while (this.list.children.length > lines.length) this.list.lastElementChild?.remove();
    lines.forEach(({ text, isFresh }, index) => {
      const item = this.list.children[index] ?? this.list.appendChild(make(this.document, 'li'));
      setText(item, text);
      if (item.classList.contains('fresh') !== isFresh) item.classList.toggle('fresh', isFresh);
    });
  }
}
