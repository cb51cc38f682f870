import type { ShownActor } from './actors.js';

/** Actors that are shown under one heading. */
export interface Section {
  readonly title: string;
  /** Nothing was heard for a while of the process that it is about. */
  readonly silent: boolean;
  readonly actors: readonly ShownActor[];
}

const GENERATION_MACHINE = 'rollback-controller';

/** Generations first, the newest of them first; then process by process, children after whose they are. */
export function sectionsOf(
  actors: readonly ShownActor[],
  processes: readonly string[],
  silent: ReadonlySet<string>,
): Section[] {
  const isGeneration = ({ machine }: ShownActor) => machine === GENERATION_MACHINE;
  const generations = actors
    .filter(isGeneration)
    .sort((a, b) => Number(a.endedAtMs !== undefined) - Number(b.endedAtMs !== undefined) || newer(a, b));
  const others = processes.map((process) => ({
    title: `Process ${process}`,
    silent: silent.has(process),
    actors: families(actors.filter((actor) => actor.process === process && !isGeneration(actor))),
  }));
  return [{ title: 'Generations', silent: false, actors: generations }, ...others];
}

function families(actors: readonly ShownActor[]): ShownActor[] {
  const ids = new Set(actors.map(({ id }) => id));
  const roots = actors.filter(({ parent, id }) => parent === undefined || parent === id || !ids.has(parent));
  return roots.flatMap((root) => [
    root,
    ...actors.filter(({ parent, id }) => parent === root.id && id !== parent),
  ]);
}

function newer(a: ShownActor, b: ShownActor): number {
  return b.createdAtMs - a.createdAtMs;
}
