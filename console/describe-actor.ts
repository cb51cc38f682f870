import { FLASH_MS, type ShownActor } from './actors.js';
import { litLeaves, openTransitions } from './chart.js';
import { type Transition, targetsOf } from './transitions.js';
import type { Line } from './view-lines.js';

/** What the active states of an actor mean, in the words of its machine. */
export function meaning({ chart }: ShownActor, lit: ReadonlySet<string>): string {
  return litLeaves(chart, lit)
    .flatMap(({ description }) => description ?? [])
    .join(' ');
}

/** The ways on from where an actor is; those that stay where it is tell nothing. */
export function waysOn({ chart }: ShownActor, lit: ReadonlySet<string>): Line[] {
  const ways = openTransitions(chart, lit).filter(({ target }) => target !== undefined);
  return [...new Set(ways.map(wayOn))].map((text) => ({ text, isFresh: false }));
}

/** What an actor received, and where such an event may lead from where it is now. */
export function receivedLines(actor: ShownActor, lit: ReadonlySet<string>, nowMs: number): Line[] {
  const open = openTransitions(actor.chart, lit);
  return [...actor.received].map(([type, { count, atMs }]) => {
    const targets = targetsOf(open, type).map(lastKey);
    const arrow = targets.length === 0 ? '' : ` → ${targets.join(' or ')}`;
    return { text: `${type} ×${count}${arrow}`, isFresh: nowMs - atMs < FLASH_MS };
  });
}

/** How an actor is, in a word: its active states, or how it ended. */
export function condition({ place, endedAtMs }: ShownActor): string {
  const where = place.states.join(', ');
  if (endedAtMs === undefined) return where || place.status;
  const how = place.status === 'active' ? 'lost' : place.status;
  return where === '' ? how : `${how}: ${where}`;
}

function wayOn({ event, guard, target = '' }: Transition): string {
  return `${event}${guard === undefined ? '' : ` [${guard}]`} → ${lastKey(target)}`;
}

function lastKey(path: string): string {
  return path.split('.').at(-1) ?? path;
}
