interface Look {
  readonly class?: string;
  /** Set as text, whatever it holds. */
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A new element. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  document: Document,
  tag: Tag,
  look: Look = {},
  ...children: readonly Element[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (look.class !== undefined) element.className = look.class;
  if (look.text !== undefined) element.textContent = look.text;
  for (const [name, value] of Object.entries(look.attributes ?? {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Touches the page only where the text is another. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Makes `children` the element's children, in this order, and moves none that is in its place. */
export function setChildren(element: Element, children: readonly Element[]): void {
  children.forEach((child, index) => {
    if (element.children[index] !== child) element.insertBefore(child, element.children[index] ?? null);
  });
  while (element.children.length > children.length) element.lastElementChild?.remove();
}

/** The element of the page with this id. */
export function byId(document: Document, id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}
