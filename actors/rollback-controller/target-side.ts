import {
  type Assignment,
  type DispatchPolicy,
  type DraftSupply,
  jobsAwaitDrafts,
  nextAssignment,
} from '../../src/core/dispatch.js';
import type { DraftNode } from '../../src/core/draft-tree.js';
import { VerdictConflictError, WorkerFailedError } from '../../src/core/errors.js';
import { jobAllowanceMs } from '../../src/core/job-deadline.js';
import type { JobEnded, VerdictReturned, WorkerAnnounced } from '../../src/core/messages.js';
import { forwardMs } from '../../src/core/planner/forward-times.js';
import { catchUpTokens, chooseTarget } from '../../src/core/target-choice.js';
import { lotOf, type PoolClient } from '../../src/core/target-pool.js';
import type { GenerationState } from './generation-state.js';
import { type MissingTokens, missingAfter } from './missing-tokens.js';
import { closeSession, MOST_FAILURES } from './session-links.js';
import { createTargetLink, isCatchUp, type LiveJob, type TargetLink } from './target-links.js';
import { committedPath, TargetViews } from './target-views.js';

/** What targets may expect of the drafters. */
export interface DraftsExpected {
  supply(): DraftSupply;
  /** How long from now they may still be waited for, milliseconds. */
  patienceMs(): number;
}

/** A job as one target gets it: what it lacks of the path up to `leaf`, and verdicts for paths of `first` tokens and more. */
interface Order extends Omit<Assignment, 'path'>, MissingTokens {
  readonly leaf: DraftNode;
  readonly first: number;
}

/** Jobs out, verdicts in. */
export class TargetSide implements PoolClient {
  readonly links = new Map<string, TargetLink>();
  private jobIds = 0;
  private chosen: ReadonlySet<string> = new Set();
  /** When targets were offered last there was a job, and of idle ones only such as are behind. */
  private isShort = false;
  /** The last failure, by a worker that was given up or has shown nothing better since. */
  private lastFailure: { readonly worker: string; readonly reason: string } | undefined;

  constructor(
    private readonly state: GenerationState,
    private readonly drafts: DraftsExpected,
  ) {}

  join(announced: WorkerAnnounced): TargetLink {
    const link = createTargetLink(announced, this.state.tree.origin);
    this.links.set(announced.worker, link);
    return link;
  }

  leave(worker: string): void {
    const link = this.links.get(worker);
    if (link === undefined) return;
    closeSession(link, this.state.request.id, this.state.ports.closedSessions);
    for (const job of [...link.jobs]) this.drop(link, job);
    this.links.delete(worker);
  }

  get jobsOut(): number {
    let jobs = 0;
    for (const link of this.links.values()) jobs += link.jobs.filter((job) => !isCatchUp(job)).length;
    return jobs;
  }

  /** Why a target last failed, in words. */
  get failure(): string | undefined {
    if (this.lastFailure === undefined) return undefined;
    return `target ${this.lastFailure.worker} failed: ${this.lastFailure.reason}`;
  }

  get homes(): ReadonlySet<string> {
    return this.chosen;
  }

  /**
   * As many targets as the generation may use: those it has as long as they do, else those that fewest other
   * generations use.
   */
  wanted(): TargetLink[] {
    const { mode, targets } = this.state.request;
    const isParallel = mode === 'dsi' || mode === 'auto';
    const most = isParallel ? (targets ?? Number.POSITIVE_INFINITY) : 1;
    const live = [...this.links.values()].filter((link) => link.phase !== 'refused' && !link.suspect);
    const worth = (link: TargetLink): number => {
      if (link.unwilling) return Number.POSITIVE_INFINITY;
      return this.chosen.has(link.announced.worker) ? -1 : this.state.ports.pool.users(link.announced.worker);
    };
    const picked =
      live.length <= most
        ? live
        : live
            .map((link) => ({
              link,
              worth: worth(link),
              lot: lotOf(this.state.request.id, link.announced.worker),
            }))
            .sort((a, b) => (a.worth === b.worth ? 0 : a.worth - b.worth) || (a.lot < b.lot ? -1 : 1))
            .slice(0, most)
            .map(({ link }) => link);
    this.chosen = new Set(picked.map((link) => link.announced.worker));
    return picked;
  }

  /** Targets that could be given a job if they are idle. */
  usable(): TargetLink[] {
    return this.wanted().filter((link) => link.phase === 'ready');
  }

  offer(idle: readonly string[], rootOnly: boolean): string | undefined {
    if (this.state.ending !== undefined) return undefined;
    if (!rootOnly) this.isShort = false;
    const { root } = this.state.tree;
    if (rootOnly && (root.verdict !== undefined || root.assignments > 0)) return undefined;
    const usable = this.usable();
    if (!usable.some(({ announced }) => idle.includes(announced.worker))) return undefined;
    const policy = this.state.policy();
    const assignment = nextAssignment(this.state.tree, policy, this.drafts.supply());
    if (assignment === undefined) return undefined;
    const isUrgent = policy.mode !== 'dsi' || assignment.wanted[0] === root;
    const views = new TargetViews(usable, root, assignment.path);
    const candidates = usable.filter((link) => idle.includes(link.announced.worker) && !views.isBehind(link));
    const link = chooseTarget(candidates, isUrgent, (candidate) => views.of(candidate));
    if (link === undefined) {
      if (!rootOnly) this.isShort = true;
      return undefined;
    }
    this.send(link, assignment, policy);
    return link.announced.worker;
  }

  catchUp(idle: readonly string[]): string | undefined {
    if (this.state.ending !== undefined || !this.isShort) return undefined;
    const policy = this.state.policy();
    if (policy.mode !== 'dsi') return undefined;
    const { root } = this.state.tree;
    const usable = this.usable();
    // One after another: all at once would take much from others for the work of one.
    if (usable.some(({ jobs }) => jobs.some(isCatchUp))) return undefined;
    const views = new TargetViews(usable, root, []);
    const link = usable.find(
      (candidate) => idle.includes(candidate.announced.worker) && views.isBehind(candidate),
    );
    if (link === undefined) return undefined;
    const missing = missingAfter(link.held, [], this.state);
    const { forwardTimes, worker } = link.announced;
    const count = catchUpTokens(missing.tokens.length - 1, (lacked) => forwardMs(forwardTimes, lacked));
    // What it decides is committed: that nobody waits for.
    const leaf = committedPath(root, missing.from + count);
    this.assign(link, policy, {
      ...missing,
      tokens: missing.tokens.slice(0, count),
      leaf,
      first: leaf.length,
      wanted: [],
      extend: 0,
      extendOnRefutationOnly: false,
      awaitDrafts: 0,
    });
    return worker;
  }

  /** Gives targets that go on from their own verdicts a newer job, before they run out or when drafts have come. */
  renewExtensions(): void {
    if (this.state.ending !== undefined) return;
    for (const link of this.links.values()) {
      const [job, waiting] = link.jobs;
      if (link.phase !== 'ready' || job === undefined || waiting !== undefined || !job.extending) continue;
      // One that goes on along a dead path is left to end: there may be an idle target.
      if (job.nodes[job.nodes.length - 1]?.alive === false) continue;
      const policy = this.state.policy();
      if (policy.mode === 'si' || (policy.mode === 'dsi' && job.extendLeft === 0)) continue;
      const isLow = job.extendLeft <= policy.extend / 2 && policy.remaining - 1 > job.extendLeft;
      if (!isLow && (policy.mode === 'none' || this.state.tree.root.children.length === 0)) continue;
      for (const node of job.nodes) node.assignments--;
      const assignment = nextAssignment(this.state.tree, policy, this.drafts.supply());
      for (const node of job.nodes) node.assignments++;
      if (assignment === undefined) continue;
      if (assignment.path.length > 0 || (isLow && !assignment.extendOnRefutationOnly)) {
        this.send(link, assignment, policy);
      }
    }
  }

  /** Drafts have come that a target was waiting for in their hearing: it has begun with them. */
  draftsArrived(): void {
    for (const link of this.links.values()) {
      const job = link.jobs[link.jobs.length - 1];
      if (job === undefined) continue;
      for (let leaf = job.nodes[job.nodes.length - 1]; leaf !== undefined && job.awaits > 0; job.awaits--) {
        leaf = this.state.tree.after(leaf);
        if (leaf === undefined) break;
        leaf.assignments++;
        job.nodes.push(leaf);
        link.held = leaf;
      }
    }
  }

  verdict(message: VerdictReturned): void {
    const link = this.links.get(message.worker);
    const job = link?.jobs.find((candidate) => candidate.id === message.job);
    this.state.statistics.targets.add(message.worker);
    if (message.tokensIngested > 0) this.state.statistics.targetForwards++;
    if (link !== undefined && job !== undefined) this.measure(link, job, message);
    this.trace(message);
    let next: DraftNode | undefined;
    message.ids.forEach((id, index) => {
      next = this.decide(message, index, id, job);
    });
    if (link === undefined) return;
    this.heard(link);
    link.resyncs = 0;
    link.failures = 0;
    if (this.lastFailure?.worker === message.worker && link.phase !== 'refused') this.lastFailure = undefined;
    if (job === undefined) return;
    if (message.done && job.waited) link.held = lastNode(job, message) ?? link.held;
    if (message.done || hasGap(job, message)) {
      this.drop(link, job);
      if (message.done) this.handOver(link, next);
    } else this.goOn(link, job, next);
  }

  /**
   * Where the job that is over left off, the newer one that its target has goes on from its own verdicts. Without a word
   * from it yet, the path would seem to be nobody's, and be given to an idle target that decodes beside the first from
   * then on.
   */
  private handOver(link: TargetLink, next: DraftNode | undefined): void {
    const [newer] = link.jobs;
    if (newer === undefined || newer.extendLeft === 0 || next?.alive !== true) return;
    if (owesNothing(newer)) this.goOn(link, newer, next);
  }

  private measure(link: TargetLink, job: LiveJob, message: VerdictReturned): void {
    const { measurements, ports } = this.state;
    if (message.tokensIngested === 0) return;
    measurements.passTook(message.forwardMs, message.tokensIngested, link.announced.forwardTimes);
    if (!job.wasIdle) return;
    job.wasIdle = false;
    // Of several passes over what it lacked, only the last one's time is known.
    if (message.tokensIngested < job.lacked) return;
    measurements.jobReturned(ports.scheduler.now() - job.sentAtMs, message.forwardMs);
  }

  ended(message: JobEnded): void {
    const link = this.links.get(message.worker);
    if (link === undefined) return;
    this.heard(link);
    const { tree } = this.state;
    if (message.invalidAfter !== undefined) {
      tree.noteInvalid(message.invalidAfter, message.reason ?? 'no reason given');
      if (tree.root.invalid !== undefined) return;
    }
    const job = link.jobs.find((candidate) => candidate.id === message.job);
    if (job !== undefined) this.drop(link, job);
    // About a job that was given up long ago: one that always fails too late fails all the same.
    else if (!failsAnew(link, message)) return;
    if (message.outcome === 'resync') {
      link.resyncs++;
      link.held = this.heldPath(message.held) ?? this.state.tree.origin;
      if (link.resyncs > 1) this.reopen(link, true);
    } else if (message.outcome === 'unknownSession') {
      this.reopen(link, false);
    } else if (message.outcome === 'failed' && !isAboutPath(message)) {
      this.reopen(link, false);
      link.failedJob = Math.max(link.failedJob, message.job ?? -1);
      link.failedOpening = Math.max(link.failedOpening, message.opening ?? 0);
      link.failures++;
      this.lastFailure = { worker: message.worker, reason: message.reason ?? 'no reason given' };
      if (link.failures >= MOST_FAILURES) this.giveUp(link);
    }
  }

  /** The committed path that a target says it holds, if it is one. */
  private heldPath(held: JobEnded['held']): DraftNode | undefined {
    const { committed, tree } = this.state;
    if (held === undefined || committed.hashAt(held.position) !== held.pathHash) return undefined;
    return committedPath(tree.root, held.position);
  }

  /** Leaves a worker alone that only fails; without another one the generation fails too. */
  private giveUp(link: TargetLink): void {
    link.phase = 'refused';
    if ([...this.links.values()].some(({ phase }) => phase !== 'refused')) return;
    const error = new WorkerFailedError(this.failure ?? 'every target failed');
    this.state.end({ outcome: 'failed', finishReason: 'error', error });
  }

  /** Takes jobs past their deadline for lost. */
  expire(): void {
    const now = this.state.ports.scheduler.now();
    for (const link of this.links.values()) {
      const overdue = link.jobs.filter((job) => now > job.deadlineMs);
      if (overdue.length === 0) continue;
      link.misses++;
      link.suspect = true;
      for (const job of [...link.jobs]) this.drop(link, job);
    }
  }

  /** The connection was lost: what was under way may be too. */
  forgetJobs(): void {
    for (const link of this.links.values()) {
      for (const job of [...link.jobs]) this.drop(link, job);
    }
  }

  /** A sign of life. */
  heard(link: TargetLink): void {
    link.heardAtMs = this.state.ports.scheduler.now();
    link.suspect = false;
    link.misses = 0;
  }

  private send(link: TargetLink, assignment: Assignment, policy: DispatchPolicy): void {
    const { tree } = this.state;
    const leaf = assignment.path[assignment.path.length - 1] ?? tree.root;
    const first = assignment.wanted[0]?.length ?? tree.root.length;
    const missing = missingAfter(link.held, assignment.path, this.state);
    this.assign(link, policy, { ...assignment, ...missing, leaf, first });
  }

  private assign(link: TargetLink, policy: DispatchPolicy, order: Order): void {
    const { committed, request, ports } = this.state;
    const now = ports.scheduler.now();
    const { from, pathHash, tokens, first, leaf, wanted, extend, extendOnRefutationOnly, awaitDrafts } =
      order;
    const awaitMs = awaitDrafts > 0 ? this.drafts.patienceMs() : 0;
    const job: LiveJob = {
      id: this.jobIds++,
      nodes: [...wanted],
      sentAtMs: now,
      deadlineMs: now + awaitMs + this.allowance(link, Math.max(1, tokens.length)),
      extendLeft: extend,
      extending: false,
      awaits: awaitDrafts,
      waited: awaitDrafts > 0,
      wasIdle: ports.pool.load(link.announced.worker) === 0 && awaitDrafts === 0,
      lacked: tokens.length,
    };
    for (const node of job.nodes) node.assignments++;
    link.jobs.push(job);
    link.held = leaf;
    link.toldAtMs = now;
    ports.pool.jobSent(link.announced.worker);
    ports.bus.publish(ports.subjects.workerJob(link.announced.worker), {
      type: 'job.assigned',
      job: job.id,
      generation: request.id,
      epoch: this.state.epoch,
      from,
      pathHash,
      tokens,
      first,
      last: leaf.length,
      committedPosition: committed.length,
      extend,
      extendOnRefutationOnly,
      listen: awaitDrafts > 0 || (this.state.draftersListen && jobsAwaitDrafts(policy)),
      awaitDrafts,
      awaitMs,
    });
    this.state.record({
      kind: 'job',
      track: 'controller',
      startMs: now,
      data: {
        job: job.id,
        worker: link.announced.worker,
        from,
        tokens: tokens.length,
        first,
        last: leaf.length,
      },
    });
  }

  /** Returns the path that the verdict leads to, if it is one that is still to be decided. */
  private decide(
    message: VerdictReturned,
    index: number,
    id: number,
    job: LiveJob | undefined,
  ): DraftNode | undefined {
    const { tree, committed, statistics } = this.state;
    const pathHash = message.pathHashes[index] ?? '';
    const position = message.position + index;
    const node = tree.find(pathHash);
    const outcome = tree.decide(pathHash, id, message.logprobs?.[index]);
    const isCommitted = outcome === 'stale' && committed.hashAt(position) === pathHash;
    // What a relaxed target says depends on what shares its pass: of what is committed it may say something else.
    const isSure = this.state.numerics === 'exact';
    const contradicts =
      outcome === 'conflict' || (isCommitted && isSure && committed.tokens[position] !== id);
    if (contradicts) {
      const error = new VerdictConflictError(
        `target ${message.worker} gave token ${id} at position ${position}, where another verdict for the same path differs`,
      );
      this.state.end({ outcome: 'failed', finishReason: 'error', error });
    }
    if (outcome === 'stale' && !isCatchUp(job)) statistics.staleVerdicts++;
    // A target that was given a newer job says again what it said before: it is at the root by then.
    if (isCommitted && position + 1 === tree.root.length) return tree.root;
    return node?.children[0];
  }

  /** The worker goes on: with more of the job, or from its own verdict, whose path then is its to decide. */
  private goOn(link: TargetLink, job: LiveJob, next: DraftNode | undefined): void {
    job.deadlineMs = this.state.ports.scheduler.now() + this.allowance(link, 1);
    if (next === undefined || !next.alive) {
      job.extending ||= owesNothing(job);
      return;
    }
    if (job.nodes.includes(next)) return;
    job.extending = true;
    job.extendLeft = Math.max(0, job.extendLeft - 1);
    next.assignments++;
    job.nodes.push(next);
    link.held = next;
  }

  private drop(link: TargetLink, job: LiveJob): void {
    const index = link.jobs.indexOf(job);
    if (index < 0) return;
    link.jobs.splice(index, 1);
    for (const node of job.nodes) node.assignments--;
    this.state.ports.pool.jobOver(link.announced.worker);
  }

  private reopen(link: TargetLink, closeFirst: boolean): void {
    const { ports, request } = this.state;
    for (const job of [...link.jobs]) this.drop(link, job);
    if (closeFirst) ports.closedSessions.close(link.announced.worker, request.id);
    link.stopRequest?.();
    link.stopRequest = undefined;
    link.phase = 'waiting';
    link.nextOpenAtMs = 0;
    link.resyncs = 0;
    link.held = this.state.tree.origin;
  }

  private allowance(link: TargetLink, tokens: number): number {
    const turns = Math.max(1, this.state.ports.pool.load(link.announced.worker));
    const expected = turns * forwardMs(link.announced.forwardTimes, tokens);
    return jobAllowanceMs(expected, link.misses);
  }

  private trace(message: VerdictReturned): void {
    if (this.state.ports.trace === undefined || message.tokensIngested === 0) return;
    this.state.record({
      kind: 'pass',
      track: message.worker,
      startMs: message.startedAtMs,
      endMs: message.startedAtMs + message.forwardMs,
      data: {
        job: message.job,
        position: message.position,
        tokens: message.tokensIngested,
        ids: message.ids,
      },
    });
    this.state.record({
      kind: 'verdict',
      track: 'controller',
      data: { job: message.job, position: message.position, worker: message.worker, ids: message.ids },
    });
  }
}

/** The longest path of the job that the worker has shown to hold; it may have waited for drafts in vain. */
function lastNode(job: LiveJob, message: VerdictReturned): DraftNode | undefined {
  const hash = message.pathHashes[message.pathHashes.length - 1];
  return job.nodes.find((node) => node.hash === hash);
}

/**
 * Whether an earlier message about this job was lost: verdicts of one job come in order, and a path shorter than
 * those it reports is still undecided.
 */
function hasGap(job: LiveJob, message: VerdictReturned): boolean {
  return job.nodes.some(
    (node) => node.alive && node.verdict === undefined && node.length < message.position + message.ids.length,
  );
}

/** All that it was to decide is decided, or dead. */
function owesNothing({ nodes }: LiveJob): boolean {
  return nodes.every((node) => node.verdict !== undefined || !node.alive);
}

/** The target did what it could, and its session goes on. */
function isAboutPath({ invalidAfter, job }: JobEnded): boolean {
  return invalidAfter !== undefined && job !== undefined;
}

/** A message may come twice, and late. */
function failsAnew(link: TargetLink, { outcome, job, opening = 0 }: JobEnded): boolean {
  if (outcome !== 'failed') return false;
  return job === undefined ? opening > link.failedOpening : job > link.failedJob;
}
