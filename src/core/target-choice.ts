/** Of a pass over one token: what ingesting takes beyond that is worth the same within so much. */
const SAME_PASS = 0.05;
/** Targets are as fast as each other if a job takes them so many times as long at most: what they announce is measured. */
const SAME_SPEED = 1.25;

/** What counts of an idle target that could be given a job. */
export interface IdleTarget {
  /** Of the job's path. */
  readonly heldTokens: number;
  /** What the job would take it, and what a pass over one token takes it, milliseconds. */
  readonly jobMs: number;
  readonly passMs: number;
}

/**
 * Which of several idle targets, one or more, is given a job. One that holds more of the path has less to ingest. A job
 * that is not urgent goes to the one that holds least of those that would be as fast: where further tokens cost next to
 * nothing, a target that is seldom needed would else fall back ever further, until the whole text waited for it. Of
 * equals the first.
 */
export function chooseTarget<Link>(
  links: readonly Link[],
  isUrgent: boolean,
  viewOf: (link: Link) => IdleTarget,
): Link | undefined {
  if (links.length <= 1) return links[0];
  const views = links.map(viewOf);
  const most = Math.max(...views.map(({ heldTokens }) => heldTokens));
  if (isUrgent) return links[views.findIndex(({ heldTokens }) => heldTokens === most)];
  const soonest = Math.min(...views.map(({ jobMs }) => jobMs));
  const isFast = ({ jobMs }: IdleTarget) => jobMs <= SAME_SPEED * soonest;
  const ingestMs = ({ jobMs, passMs }: IdleTarget) => jobMs - passMs;
  const leastMs = Math.min(...views.filter(isFast).map(ingestMs));
  const isAsFast = (view: IdleTarget) => isFast(view) && ingestMs(view) <= leastMs + SAME_PASS * view.passMs;
  const least = Math.min(...views.filter(isAsFast).map(({ heldTokens }) => heldTokens));
  return links[views.findIndex((view) => view.heldTokens === least && isAsFast(view))];
}
