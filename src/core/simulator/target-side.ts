import { type DispatchPolicy, type DraftSupply, jobsAwaitDrafts } from '../dispatch.js';
import { jobAllowanceMs } from '../job-deadline.js';
import type { ForwardTime } from '../model.js';
import { announcedTimes, type PassTiming } from '../pass-timing.js';
import { forwardMs } from '../planner/forward-times.js';
import { catchUpTokens, chooseTarget, isBehind, type TargetView } from '../target-choice.js';
import type { DraftChain } from './chain.js';
import type { Course } from './course.js';
import { nextJob, type SimulatedAssignment } from './dispatch.js';
import { TEXT } from './lines.js';
import type { JobEnded, VerdictReturned } from './messages.js';
import type { World } from './world.js';

/** Workers announce themselves so often; one that missed a deadline is then trusted again. */
const ANNOUNCE_MS = 1000;

/** A job that was sent and not yet answered to its end; it is to decide the paths of `first`..`length` tokens on its line. */
interface LiveJob {
  readonly id: number;
  first: number;
  line: number;
  length: number;
  deadlineMs: number;
  extendLeft: number;
  /** Everything assigned is decided; the worker goes on from its own verdicts. */
  extending: boolean;
  /** Drafts that the worker still waits for; they are its to decide when they come. */
  awaits: number;
  readonly waited: boolean;
  readonly sentAtMs: number;
  /** Sent to a target that had nothing to do, and not heard of since: how long it takes tells of messages. */
  wasIdle: boolean;
  readonly lacked: number;
  /** Decides nothing that was not committed when it was sent. */
  readonly catchesUp: boolean;
}

/** The controller's view of one target; see `actors/rollback-controller/target-links.ts`. */
interface TargetLink {
  readonly target: number;
  ready: boolean;
  heldLine: number;
  heldLength: number;
  job: LiveJob | undefined;
  /** Waits in the worker for `job` to end. */
  waiting: LiveJob | undefined;
  /** Missed a deadline and was not heard of since. */
  suspect: boolean;
  misses: number;
}

/** What targets may expect of the drafters. */
export interface DraftsExpected {
  supply(): DraftSupply;
  patienceMs(): number;
}

/** Jobs out, verdicts in: `actors/rollback-controller/target-side.ts` and the pool of targets, on a chain. */
export class TargetSide {
  forwards = 0;
  private readonly links: TargetLink[];
  private readonly assignment: SimulatedAssignment = {
    first: 0,
    length: 0,
    extend: 0,
    extendOnRefutationOnly: false,
    awaitDrafts: 0,
  };
  private jobIds = 0;
  /** Links with a job that extends, and with one that awaits drafts: most of the time none. */
  private extending = 0;
  private awaiting = 0;
  private idle = 0;
  private readonly times: readonly ForwardTime[];

  constructor(
    private readonly world: World,
    private readonly chain: DraftChain,
    private readonly timing: PassTiming,
    private readonly drafts: DraftsExpected,
    private readonly course: Course,
    private readonly policy: DispatchPolicy,
    targets: number,
  ) {
    this.links = Array.from({ length: targets }, (_, index) => newLink(index, world.promptTokens));
    this.times = announcedTimes(timing);
  }

  ready(target: number): void {
    this.link(target).ready = true;
    this.idle++;
  }

  /** Hands idle targets out as long as there is work. */
  dispatch(): void {
    let isShort = false;
    while (this.idle > 0 && nextJob(this.chain, this.policy, this.drafts.supply(), this.assignment)) {
      const link = this.chooseTarget();
      if (link === undefined) {
        isShort = true;
        break;
      }
      this.send(link);
    }
    if (isShort && this.policy.mode === 'dsi') this.catchUp();
  }

  /** `chooseTarget` of `../target-choice.ts`, faster where further tokens take no time. */
  private chooseTarget(): TargetLink | undefined {
    const { chain, policy, assignment, times } = this;
    const isUrgent = policy.mode !== 'dsi' || assignment.first === chain.root;
    if (times.length === 1) return this.holdingMost(isUrgent ? 1 : -1);
    const views = this.links.map((link) => this.viewOf(link));
    const soonestMs = this.soonestMs(views);
    const viewOf = ({ target }: TargetLink) => views[target] as TargetView;
    const candidates = this.links.filter((link) => isIdle(link) && !isBehind(viewOf(link), soonestMs));
    return chooseTarget(candidates, isUrgent, viewOf);
  }

  /** What the job means to a target. */
  private viewOf(link: TargetLink): TargetView {
    const heldTokens = this.heldOf(link);
    const jobMs = forwardMs(this.times, Math.max(1, this.assignment.length - heldTokens));
    return { heldTokens, jobMs, passMs: forwardMs(this.times, 1) };
  }

  /** In which a target would have the job done, after those that it has. `views`: of each target. */
  private soonestMs(views: readonly TargetView[]): number {
    let soonest = Number.POSITIVE_INFINITY;
    for (const link of this.links) {
      if (!link.ready || link.suspect) continue;
      const busyMs = this.jobMs(link.job) + this.jobMs(link.waiting);
      soonest = Math.min(soonest, busyMs + (views[link.target] as TargetView).jobMs);
    }
    return soonest;
  }

  private jobMs(job: LiveJob | undefined): number {
    return job === undefined ? 0 : forwardMs(this.times, Math.max(1, job.lacked));
  }

  /** Makes an idle target that is behind ingest some of what it lacks of the committed text. */
  private catchUp(): void {
    const { assignment, chain, times } = this;
    if (this.links.some(isCatchingUp)) return;
    assignment.extend = 0;
    assignment.extendOnRefutationOnly = false;
    assignment.awaitDrafts = 0;
    assignment.length = chain.root;
    const views = this.links.map((link) => this.viewOf(link));
    const soonestMs = this.soonestMs(views);
    for (const link of this.links) {
      const view = views[link.target] as TargetView;
      if (!isIdle(link) || !isBehind(view, soonestMs)) continue;
      const lacking = chain.root - view.heldTokens - 1;
      assignment.length = view.heldTokens + catchUpTokens(lacking, (tokens) => forwardMs(times, tokens));
      // What it decides is committed: that nobody waits for.
      assignment.first = assignment.length;
      this.send(link);
      return;
    }
  }

  /** Of the idle targets the one that holds most of the job's path; least with a sign of -1. */
  private holdingMost(sign: 1 | -1): TargetLink | undefined {
    let best: TargetLink | undefined;
    let most = Number.NEGATIVE_INFINITY;
    for (const link of this.links) {
      if (!isIdle(link)) continue;
      const held = sign * this.heldOf(link);
      if (held <= most) continue;
      best = link;
      most = held;
    }
    return best;
  }

  private heldOf({ heldLine, heldLength }: TargetLink): number {
    const { chain, assignment, world } = this;
    return world.lines.shared(heldLine, heldLength, chain.line, assignment.length);
  }

  /** Gives targets that go on from their own verdicts a newer job, before they run out or when drafts have come. */
  renewExtensions(): void {
    if (this.extending === 0) return;
    const { chain, policy, assignment } = this;
    for (const link of this.links) {
      const { job, waiting } = link;
      if (job === undefined || waiting !== undefined || !job.extending) continue;
      // One that goes on along a dead path is left to end: there may be an idle target.
      if (!chain.has(job.line, job.length)) continue;
      if (policy.mode === 'si' || (policy.mode === 'dsi' && job.extendLeft === 0)) continue;
      const isLow = job.extendLeft <= policy.extend / 2 && policy.remaining - 1 > job.extendLeft;
      if (!isLow && (policy.mode === 'none' || chain.end === chain.root)) continue;
      this.unassign(job);
      const isWorthIt = nextJob(chain, policy, this.drafts.supply(), assignment);
      this.assign(job);
      if (!isWorthIt) continue;
      if (assignment.length > chain.root || (isLow && !assignment.extendOnRefutationOnly)) this.send(link);
    }
  }

  /** Drafts have come that a target was waiting for in their hearing: it has begun with them. */
  draftsArrived(): void {
    if (this.awaiting === 0) return;
    const { chain } = this;
    for (const link of this.links) {
      const job = link.waiting ?? link.job;
      if (job === undefined || job.awaits === 0) continue;
      while (job.awaits > 0 && job.length < chain.end && chain.has(job.line, job.length)) {
        job.length++;
        job.line = chain.line;
        job.awaits--;
        chain.assign(job.length);
        link.heldLine = job.line;
        link.heldLength = job.length;
      }
      if (job.awaits === 0) this.awaiting--;
    }
  }

  verdict(message: VerdictReturned): void {
    const link = this.link(message.target);
    const job = jobOf(link, message.job);
    if (message.tokensIngested > 0) this.forwards++;
    if (job !== undefined) this.measure(job, message);
    const next = this.decide(message);
    this.heard(link);
    if (job === undefined) return;
    if (message.done) {
      if (job.waited) this.noteHeld(link, job, message);
      this.drop(link, job);
      this.handOver(link, message.line, next);
    } else this.goOn(link, job, message.line, next);
  }

  private handOver(link: TargetLink, line: number, next: number): void {
    const { job } = link;
    if (job === undefined || job.extendLeft === 0 || next === 0) return;
    if (this.owesNothing(job)) this.goOn(link, job, line, next);
  }

  private measure(job: LiveJob, { tokensIngested, forwardMs }: VerdictReturned): void {
    if (tokensIngested === 0) return;
    this.course.passTook(forwardMs, tokensIngested);
    if (!job.wasIdle) return;
    job.wasIdle = false;
    if (tokensIngested < job.lacked) return;
    this.course.jobReturned(this.world.agenda.nowMs - job.sentAtMs, forwardMs);
  }

  ended({ target, job: id, outcome, held }: JobEnded): void {
    const link = this.link(target);
    this.heard(link);
    const job = jobOf(link, id);
    if (job === undefined) return;
    this.drop(link, job);
    if (outcome !== 'resync') return;
    link.heldLine = TEXT;
    link.heldLength = held;
  }

  /** Takes jobs past their deadline for lost, and trusts those again that have announced themselves since. */
  expire(): void {
    const now = this.world.agenda.nowMs;
    for (const link of this.links) {
      const { job, waiting } = link;
      if (isOverdue(job, now) || isOverdue(waiting, now)) {
        link.misses++;
        link.suspect = true;
        if (waiting !== undefined) this.drop(link, waiting);
        if (job !== undefined) this.drop(link, job);
      }
      if (link.suspect && now % ANNOUNCE_MS < DEADLINE_CHECK_MS) this.heard(link);
    }
  }

  private heard(link: TargetLink): void {
    if (link.suspect) {
      link.suspect = false;
      if (isIdle(link)) this.idle++;
    }
    link.misses = 0;
  }

  private send(link: TargetLink): void {
    const { world, chain, drafts } = this;
    const { first, length, extend, extendOnRefutationOnly, awaitDrafts } = this.assignment;
    const { target } = link;
    const from = this.heldOf(link);
    const awaitMs = awaitDrafts > 0 ? drafts.patienceMs() : 0;
    const job: LiveJob = {
      id: this.jobIds++,
      first,
      line: world.lines.lineAt(chain.line, length),
      length,
      deadlineMs: world.agenda.nowMs + awaitMs + this.allowanceMs(link, Math.max(1, length - from)),
      extendLeft: extend,
      extending: false,
      awaits: awaitDrafts,
      waited: awaitDrafts > 0,
      sentAtMs: world.agenda.nowMs,
      wasIdle: link.job === undefined && awaitDrafts === 0,
      lacked: length - from,
      catchesUp: length < chain.root,
    };
    if (awaitDrafts > 0) this.awaiting++;
    this.assign(job);
    if (link.job !== undefined) link.waiting = job;
    else {
      link.job = job;
      this.idle--;
    }
    link.heldLine = job.line;
    link.heldLength = length;
    world.wire.send({
      kind: 'job.assigned',
      target,
      job: job.id,
      line: job.line,
      length,
      from,
      first,
      committed: chain.root,
      extend,
      extendOnRefutationOnly,
      listen: awaitDrafts > 0 || (this.course.draftersListen && jobsAwaitDrafts(this.policy)),
      awaitDrafts,
      awaitMs,
    });
  }

  /** Returns the length of the path that the last verdict leads to, if it is still to be decided; else 0. */
  private decide({ line, first, count }: VerdictReturned): number {
    const { chain } = this;
    const end = first + count;
    for (let length = Math.max(first, chain.root); length < end; length++) {
      if (!chain.has(line, length)) return 0;
      chain.decide(length);
    }
    // A target that was given a newer job says again what it said before: it is at the root by then.
    return end > chain.root || (end === chain.root && line === TEXT) ? end : 0;
  }

  /** The worker goes on: with more of the job, or from its own verdict, whose path then is its to decide. */
  private goOn(link: TargetLink, job: LiveJob, line: number, next: number): void {
    const { chain } = this;
    job.deadlineMs = this.world.agenda.nowMs + this.allowanceMs(link, 1);
    if (next === 0) {
      if (!this.owesNothing(job)) return;
      this.noteExtending(job);
      return;
    }
    if (next >= job.first && this.world.lines.shared(job.line, job.length, line, next) === next) return;
    this.noteExtending(job);
    job.extendLeft = Math.max(0, job.extendLeft - 1);
    job.first = Math.min(job.first, next);
    job.line = line;
    job.length = next;
    chain.assign(next);
    link.heldLine = line;
    link.heldLength = next;
  }

  private noteExtending(job: LiveJob): void {
    if (!job.extending) this.extending++;
    job.extending = true;
  }

  /** All that it was to decide is decided, or dead. */
  private owesNothing(job: LiveJob): boolean {
    const { chain } = this;
    const last = this.lastLiving(job);
    for (let length = Math.max(job.first, chain.root); length <= last; length++)
      if (!chain.isDecided(length)) return false;
    return true;
  }

  private drop(link: TargetLink, job: LiveJob): void {
    if (link.job === job) link.job = link.waiting;
    link.waiting = undefined;
    this.unassign(job);
    if (job.extending) this.extending--;
    if (job.awaits > 0) this.awaiting--;
    if (isIdle(link)) this.idle++;
  }

  private assign(job: LiveJob): void {
    const last = this.lastLiving(job);
    for (let length = Math.max(job.first, this.chain.root); length <= last; length++)
      this.chain.assign(length);
  }

  private unassign(job: LiveJob): void {
    const last = this.lastLiving(job);
    for (let length = Math.max(job.first, this.chain.root); length <= last; length++)
      this.chain.unassign(length);
  }

  private lastLiving({ line, length }: LiveJob): number {
    return this.world.lines.shared(line, length, this.chain.line, this.chain.end);
  }

  /** The longest path of the job that the worker has shown to hold; it may have waited for drafts in vain. */
  private noteHeld(link: TargetLink, job: LiveJob, { line, first, count }: VerdictReturned): void {
    const length = first + count - 1;
    // One before it, or after drafts that never came here, is not the job's.
    if (length < job.first || this.world.lines.shared(line, length, job.line, job.length) < length) return;
    link.heldLine = line;
    link.heldLength = length;
  }

  private allowanceMs(link: TargetLink, tokens: number): number {
    const { ms, perTokenMs } = this.timing;
    const expectedMs = (link.waiting === undefined ? 1 : 2) * (ms + perTokenMs * (tokens - 1));
    return jobAllowanceMs(expectedMs, link.misses);
  }

  private link(target: number): TargetLink {
    return this.links[target] as TargetLink;
  }
}

/** How often deadlines are looked at. */
export const DEADLINE_CHECK_MS = 100;

function isIdle({ ready, suspect, job }: TargetLink): boolean {
  return ready && !suspect && job === undefined;
}

/** Its job decides nothing that was not committed when it was sent. */
function isCatchingUp({ job }: TargetLink): boolean {
  return job?.catchesUp === true;
}

function isOverdue(job: LiveJob | undefined, nowMs: number): boolean {
  return job !== undefined && nowMs > job.deadlineMs;
}

function jobOf({ job, waiting }: TargetLink, id: number): LiveJob | undefined {
  if (job?.id === id) return job;
  return waiting?.id === id ? waiting : undefined;
}

function newLink(target: number, promptTokens: number): TargetLink {
  return {
    target,
    ready: false,
    heldLine: TEXT,
    heldLength: promptTokens,
    job: undefined,
    waiting: undefined,
    suspect: false,
    misses: 0,
  };
}
