/** Of a pass over one token: what ingesting takes beyond that is worth the same within so much. */
const SAME_PASS = 0.05;
/** Targets are as fast as each other if a job takes them so many times as long at most: what they announce is measured. */
const SAME_SPEED = 1.25;

/** A target is behind when it would have a job done so many of its passes later than another one. */
const BEHIND_PASSES = 1;
/** As long as so many of its passes a target that catches up is kept from what others may want of it. */
const CATCH_UP_PASSES = 3;

/** What counts of a target that could be given a job. */
export interface TargetView {
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
  viewOf: (link: Link) => TargetView,
): Link | undefined {
  if (links.length <= 1) return links[0];
  const views = links.map(viewOf);
  const most = Math.max(...views.map(({ heldTokens }) => heldTokens));
  if (isUrgent) return links[views.findIndex(({ heldTokens }) => heldTokens === most)];
  const soonest = Math.min(...views.map(({ jobMs }) => jobMs));
  const isFast = ({ jobMs }: TargetView) => jobMs <= SAME_SPEED * soonest;
  const ingestMs = ({ jobMs, passMs }: TargetView) => jobMs - passMs;
  const leastMs = Math.min(...views.filter(isFast).map(ingestMs));
  const isAsFast = (view: TargetView) => isFast(view) && ingestMs(view) <= leastMs + SAME_PASS * view.passMs;
  const least = Math.min(...views.filter(isAsFast).map(({ heldTokens }) => heldTokens));
  return links[views.findIndex((view) => view.heldTokens === least && isAsFast(view))];
}

/**
 * Whether a target had better catch up than be given a job that another one, perhaps after those that it has, would have
 * done in `soonestMs`: nobody else decides what a job is to decide, so the whole text would wait for what this one has to
 * ingest.
 */
export function isBehind({ jobMs, passMs }: TargetView, soonestMs: number): boolean {
  return jobMs > soonestMs + BEHIND_PASSES * passMs;
}

/**
 * How many of the tokens that a target lacks it ingests at a time while it catches up: at least one. `passMsOf`: T(n) in
 * milliseconds.
 */
export function catchUpTokens(lacking: number, passMsOf: (tokens: number) => number): number {
  const mostMs = CATCH_UP_PASSES * passMsOf(1);
  let enough = 1;
  let tooMany = lacking + 1;
  while (tooMany - enough > 1) {
    const middle = (enough + tooMany) >> 1;
    if (passMsOf(middle) <= mostMs) enough = middle;
    else tooMany = middle;
  }
  return enough;
}
