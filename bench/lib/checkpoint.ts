import { appendFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';

/** Results that are kept as they come, so that a long run can go on where it was stopped. */
export interface Checkpoint<Item> {
  readonly items: readonly Item[];
  add(item: Item): void;
}

/**
 * Opens a file of JSON lines: what the run is about, then an item each; a line that was cut off is dropped. Without a
 * path items are kept in memory. Throws when the file is about another run.
 */
export function openCheckpoint<Item>(path: string | undefined, about: object): Checkpoint<Item> {
  const items: Item[] = [];
  const keep = (item: Item) => void items.push(item);
  if (path === undefined) return { items, add: keep };
  const head = `${JSON.stringify(about)}\n`;
  if (existsSync(path)) {
    const text = readFileSync(path, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (!whole.startsWith(head)) throw new Error(`${path} is about another run: ${whole.split('\n')[0]}`);
    truncateSync(path, Buffer.byteLength(whole));
    for (const line of whole.slice(head.length).split('\n')) if (line !== '') keep(JSON.parse(line) as Item);
  } else writeFileSync(path, head);
  const add = (item: Item) => {
    appendFileSync(path, `${JSON.stringify(item)}\n`);
    keep(item);
  };
  return { items, add };
}
