import { InvalidLogitsError } from '../../src/core/errors.js';
import type { TokenLogprobs } from '../../src/core/logprobs.js';
import type {
  DraftProposed,
  JobAssigned,
  JobEnded,
  SessionReady,
  VerdictReturned,
} from '../../src/core/messages.js';
import type { ForwardResult, ModelInfo } from '../../src/core/model.js';
import type { PathHash } from '../../src/core/path-hash.js';
import type { WorkerPorts } from '../../src/core/ports.js';
import type { Cancel } from '../../src/core/scheduler.js';
import type { SessionTable, WorkerSession } from '../worker/session-table.js';
import { OverheardDrafts } from './overheard-drafts.js';

/** As much less urgent than an open root as what is so many tokens beyond a committed prefix. */
const CATCH_UP_RANK = 16;

/** A job being worked on: verdicts for paths of length `next`..`last` are still owed. */
interface RunningJob {
  readonly message: JobAssigned;
  /** Length of the next path whose verdict is owed. */
  next: number;
  /** Length of the last path whose verdict is owed; grows while extending. */
  last: number;
  /** Path length up to which the tokens are the job's own. */
  end: number;
  /** Own verdicts that may still be gone on from. */
  extendLeft: number;
  /** All that was assigned is done; only own verdicts are gone on from. */
  extending: boolean;
  /** Passes this worker had begun when the job was taken up or had its last one. */
  waitsSince: number;
  /** Drafts that are still waited for before the job begins. */
  awaits: number;
  /** Ends that wait. */
  stopWaiting: Cancel;
}

export interface TargetSession extends WorkerSession {
  /** verdicts[n]: the model's own next token after the first n tokens of the path. */
  readonly verdicts: (number | undefined)[];
  /** logprobs[n]: what the model says of verdicts[n], in a session opened for them. */
  readonly logprobs: (TokenLogprobs | undefined)[];
  /** Length of a path after which a pass named no token; undefined: of none that is held. */
  suspect: number | undefined;
  /** Tokens of the path that a job said were committed; the path may have become shorter since. */
  committed: number;
  job: RunningJob | undefined;
  /** Starts when `job` ends; a newer one replaces it. */
  waiting: JobAssigned | undefined;
  /** Since a job first said that drafts are to be heard. */
  overheard: OverheardDrafts | undefined;
}

export function targetSession(session: WorkerSession): TargetSession {
  return {
    ...session,
    verdicts: [],
    logprobs: [],
    suspect: undefined,
    committed: session.promptLength,
    job: undefined,
    waiting: undefined,
    overheard: undefined,
  };
}

/** How a verifier hears the drafters. */
export interface DraftEvents {
  /** Hands what the drafters of a generation say to `hear`, until cancelled. */
  readonly listen: (generation: string) => Cancel;
  /** A job that waited for drafts may begin. */
  readonly arrived: () => void;
}

/** One pass over `tokens`, wanting the verdicts after the last `want` of them. */
export interface VerifierPass {
  readonly session: TargetSession;
  readonly tokens: readonly number[];
  readonly want: number;
}

/**
 * The decisions of a target worker, without its control flow: which session goes next, what a pass ingests, and
 * which verdicts it yields. A verdict is kept as long as its path is held, so that a repeated or overlapping job
 * costs no pass.
 */
export class Verification {
  /** Passes begun. */
  private turn = 0;
  private readonly servedAt = new WeakMap<TargetSession, number>();

  constructor(
    private readonly sessions: SessionTable<TargetSession>,
    private readonly info: ModelInfo,
    private readonly ports: WorkerPorts,
    private readonly drafts: DraftEvents,
  ) {}

  assign(message: JobAssigned): void {
    const session = this.sessions.touch(message.generation);
    if (session === undefined) {
      this.end(message, 'unknownSession');
      return;
    }
    // What is drafted before the first job that waits may be what that job waits for.
    if (message.listen) session.overheard ??= new OverheardDrafts(this.drafts.listen(session.generation));
    if (session.waiting !== undefined) this.end(session.waiting, 'dropped');
    session.waiting = message;
    if (session.busy) return;
    if (session.job?.extending || (session.job?.awaits ?? 0) > 0) this.dropJob(session);
    if (session.job === undefined) this.accept(session);
  }

  /** A drafter's proposals, overheard: a job may be waiting for them. */
  hear(message: DraftProposed): void {
    const session = this.sessions.find(message.generation);
    if (session?.overheard === undefined) return;
    session.overheard.add(message);
    if (session.job !== undefined && session.job.awaits > 0) this.takeDrafts(session, session.job);
  }

  /** The session is no more. */
  forget({ job, overheard }: TargetSession): void {
    job?.stopWaiting();
    overheard?.stopListening();
  }

  /** Whether there is a prompt to ingest or a job to do. */
  hasWork(): boolean {
    return this.mostUrgent() !== undefined;
  }

  /** Whether a job waits for drafts that are on their way. */
  isWaiting(): boolean {
    for (const { job } of this.sessions.values()) if (job !== undefined && job.awaits > 0) return true;
    return false;
  }

  /** Publishes what is known without a pass, and picks the next pass; undefined: nothing to do. */
  nextPass(): VerifierPass | undefined {
    for (;;) {
      const session = this.mostUrgent();
      if (session === undefined) return undefined;
      this.servedAt.set(session, ++this.turn);
      if (session.job !== undefined) session.job.waitsSince = this.turn;
      const pass = session.job === undefined ? this.prefillPass(session) : this.jobPass(session, session.job);
      if (pass !== undefined) {
        session.busy = true;
        return pass;
      }
      this.accept(session);
    }
  }

  /** Takes in what a pass gave and publishes the verdicts that are owed. */
  finish(pass: VerifierPass, result: ForwardResult): void {
    const { session } = pass;
    if (!this.sessions.settle(session)) return;
    const end = session.sequence.length;
    result.tokenIds.forEach((id, index) => {
      const length = end - pass.want + 1 + index;
      session.verdicts[length] = id;
      if (result.logprobs !== undefined) session.logprobs[length] = result.logprobs[index];
    });
    if (!session.ready && end >= session.promptLength) {
      session.ready = true;
      const ready: SessionReady = {
        type: 'session.ready',
        generation: session.generation,
        worker: this.ports.workerId,
        promptMs: result.startedAtMs + result.forwardMs - session.openedAtMs,
        startedAtMs: session.openedAtMs,
      };
      this.publish(ready);
    }
    if (session.job !== undefined) this.report(session, session.job, result, pass.tokens.length);
    if (session.job === undefined) this.accept(session);
  }

  /** The pass failed: the job ends with the reason, and what was ingested is not relied on. */
  fail(pass: VerifierPass, error: Error): void {
    const { session } = pass;
    const isCurrent = this.sessions.settle(session);
    if (isCurrent && error instanceof InvalidLogitsError && this.narrow(pass, error)) return;
    this.ports.logger.error({ generation: session.generation, reason: error.message }, 'pass failed');
    if (!isCurrent) return;
    const { generation, opening, job, waiting } = session;
    this.sessions.close(generation);
    const failure =
      error instanceof InvalidLogitsError
        ? { reason: error.problem, invalidAfter: session.path.hashAt(error.position) }
        : { reason: error.message.slice(0, 500) };
    // One pass, one failure: the waiting job has not failed.
    this.end(job?.message ?? { generation, opening }, 'failed', failure);
    if (waiting !== undefined) this.end(waiting, 'dropped');
  }

  /**
   * What a model names no token after is often a wrong draft, and no matter then. So what is owed before it is asked for
   * without it; and the path itself without what comes after it, since one NaN among keys and values makes the whole
   * pass NaN. Where nothing comes after it, the job ends there, and the session goes on. False: not a job's pass.
   */
  private narrow(pass: VerifierPass, { position, problem }: InvalidLogitsError): boolean {
    const { session } = pass;
    const { job } = session;
    const end = session.sequence.length + pass.tokens.length;
    if (job === undefined || position < job.next || position > end) return false;
    session.suspect = position;
    if (position > job.next || position < end) return true;
    session.job = undefined;
    const invalidAfter = session.path.hashAt(position);
    this.ports.logger.warn({ generation: session.generation, position, reason: problem }, 'invalid logits');
    this.end(job.message, 'failed', { reason: problem, invalidAfter });
    this.accept(session);
    return true;
  }

  private mostUrgent(): TargetSession | undefined {
    let best: TargetSession | undefined;
    let bestRank = Number.POSITIVE_INFINITY;
    for (const session of this.sessions.values()) {
      const rank = urgency(session, this.turn);
      if (rank === undefined) continue;
      const earlier =
        best === undefined || (this.servedAt.get(session) ?? 0) < (this.servedAt.get(best) ?? 0);
      if (rank < bestRank || (rank === bestRank && earlier)) {
        best = session;
        bestRank = rank;
      }
    }
    return best;
  }

  /** Takes the waiting job up, if its path is held here. */
  private accept(session: TargetSession): void {
    const message = session.waiting;
    if (message === undefined) return;
    session.waiting = undefined;
    if (session.path.hashAt(message.from) !== message.pathHash) {
      this.end(message, 'resync', { held: heldBy(session) });
      return;
    }
    const problem = this.problemOf(session, message);
    if (problem !== undefined) {
      this.end(message, 'failed', { reason: problem });
      return;
    }
    this.follow(session, message.from, message.tokens);
    session.committed = Math.max(session.committed, message.committedPosition);
    session.job = {
      message,
      next: message.first,
      last: message.last,
      end: message.from + message.tokens.length,
      extendLeft: message.extend,
      extending: false,
      waitsSince: this.turn,
      awaits: message.awaitDrafts,
      stopWaiting: () => {},
    };
    if (message.awaitDrafts > 0) this.awaitDrafts(session, session.job);
  }

  private awaitDrafts(session: TargetSession, job: RunningJob): void {
    job.stopWaiting = this.ports.scheduler.schedule(job.message.awaitMs, () => {
      if (session.job === job) this.begin(job);
    });
    this.takeDrafts(session, job);
  }

  /** Lengthens the job by drafts that go on from its path. */
  private takeDrafts(session: TargetSession, job: RunningJob): void {
    const { path, overheard } = session;
    for (let drafts = overheard?.take(path.hash); drafts !== undefined; drafts = overheard?.take(path.hash)) {
      const ids = drafts.ids.slice(0, job.awaits).filter((id) => id < this.info.vocabularySize);
      this.follow(session, path.length, ids);
      job.last += ids.length;
      job.end += ids.length;
      job.awaits -= ids.length;
      if (drafts.exhausted || ids.length === 0) job.awaits = 0;
      if (job.awaits === 0) break;
    }
    if (job.awaits === 0) this.begin(job);
  }

  /** With the drafts that are there. */
  private begin(job: RunningJob): void {
    job.awaits = 0;
    job.stopWaiting();
    this.drafts.arrived();
  }

  private dropJob(session: TargetSession): void {
    const { job } = session;
    if (job === undefined) return;
    job.stopWaiting();
    session.job = undefined;
    this.end(job.message, 'dropped');
  }

  private problemOf(session: TargetSession, message: JobAssigned): string | undefined {
    if (message.from < session.promptLength) {
      return `the job starts at ${message.from}, inside the prompt of ${session.promptLength} tokens`;
    }
    const end = message.from + message.tokens.length;
    if (message.first < 1 || message.first > message.last || message.last > end) {
      return `wanted positions ${message.first}..${message.last} are outside 1..${end}`;
    }
    const foreign = message.tokens.find((token) => token >= this.info.vocabularySize);
    return foreign === undefined
      ? undefined
      : `token ${foreign} is outside the vocabulary of ${this.info.vocabularySize}`;
  }

  private follow(session: TargetSession, from: number, tokens: readonly number[]): void {
    const shared = session.path.replaceFrom(from, tokens);
    for (const known of [session.verdicts, session.logprobs])
      if (known.length > shared + 1) known.length = shared + 1;
    if (session.suspect !== undefined && session.suspect > shared) session.suspect = undefined;
    if (session.sequence.length > shared) session.sequence.crop(shared);
  }

  private prefillPass(session: TargetSession): VerifierPass | undefined {
    return this.passTowards(session, session.promptLength, session.promptLength);
  }

  private jobPass(session: TargetSession, job: RunningJob): VerifierPass | undefined {
    if (this.reportKnown(session, job)) return undefined;
    const { suspect } = session;
    const isAhead = suspect !== undefined && suspect >= job.next;
    const end = isAhead ? Math.min(job.last, Math.max(job.next, suspect - 1)) : job.last;
    return this.passTowards(session, job.next, end);
  }

  /** Ingests up to path length `end`; verdicts are wanted from path length `firstWanted` on. */
  private passTowards(session: TargetSession, firstWanted: number, end: number): VerifierPass {
    const { sequence } = session;
    if (sequence.length >= firstWanted) sequence.crop(firstWanted - 1);
    const start = sequence.length;
    const stop = Math.min(end, start + this.info.maxChunkTokens);
    const tokens = session.path.tokens.slice(start, stop);
    return { session, tokens, want: Math.max(0, stop - Math.max(start, firstWanted - 1)) };
  }

  /** Publishes owed verdicts that are known already; true when the job is over. */
  private reportKnown(session: TargetSession, job: RunningJob): boolean {
    const known = () =>
      session.job === job &&
      (session.verdicts[job.next] !== undefined || this.refutedBefore(session, job) !== undefined);
    while (known()) {
      this.report(session, job, { tokenIds: [], confidences: [], startedAtMs: this.now(), forwardMs: 0 }, 0);
    }
    return session.job === undefined;
  }

  /**
   * Publishes the verdicts owed and known, in one message. The job ends when all are published, when an own verdict
   * refutes its next token (what follows is a path that this target will never confirm), or when it has extended enough.
   */
  private report(session: TargetSession, job: RunningJob, result: ForwardResult, ingested: number): void {
    const { path, verdicts } = session;
    const ids: number[] = [];
    const pathHashes: PathHash[] = [];
    const refutedAt = this.refutedBefore(session, job);
    const position = refutedAt ?? job.next;
    let over = refutedAt !== undefined;
    let refuted = over;
    if (refutedAt !== undefined) {
      ids.push(verdicts[refutedAt] as number);
      pathHashes.push(path.hashAt(refutedAt) as PathHash);
      job.next = refutedAt + 1;
    }
    while (!over) {
      const verdict = verdicts[job.next];
      if (verdict === undefined) break;
      ids.push(verdict);
      pathHashes.push(path.hashAt(job.next) as PathHash);
      job.next++;
      const length = job.next - 1;
      refuted = length < job.end && path.tokens[length] !== verdict;
      over = refuted || job.next > job.last;
    }
    if (ids.length === 0) return;
    const last = ids[ids.length - 1] as number;
    const extending = over && this.extendFrom(session, job, last, refuted);
    if (over && !extending) session.job = undefined;
    this.publish({
      type: 'verdict.returned',
      generation: session.generation,
      worker: this.ports.workerId,
      job: job.message.job,
      epoch: job.message.epoch,
      position,
      ids,
      pathHashes,
      ...logprobsOf(session, position, ids.length),
      startedAtMs: result.startedAtMs,
      forwardMs: result.forwardMs,
      tokensIngested: ingested,
      committedPosition: job.message.committedPosition,
      done: session.job === undefined,
    });
  }

  /** A known verdict before the next owed one that contradicts the path: its length, else undefined. */
  private refutedBefore(session: TargetSession, job: RunningJob): number | undefined {
    for (let length = Math.max(job.message.from, session.promptLength); length < job.next; length++) {
      const verdict = session.verdicts[length];
      const token = session.path.tokens[length];
      if (verdict !== undefined && token !== undefined && verdict !== token) return length;
    }
    return undefined;
  }

  private extendFrom(session: TargetSession, job: RunningJob, verdict: number, refuted: boolean): boolean {
    if (job.extendLeft <= 0 || session.waiting !== undefined) return false;
    if (job.message.extendOnRefutationOnly && !refuted) return false;
    if (session.endTokenIds.has(verdict)) return false;
    job.extendLeft--;
    this.follow(session, job.next - 1, [verdict]);
    job.last = job.next;
    job.end = job.next;
    job.extending = true;
    return true;
  }

  private end(
    message: Pick<JobEnded, 'generation' | 'job' | 'opening'>,
    outcome: JobEnded['outcome'],
    more: Pick<JobEnded, 'reason' | 'invalidAfter' | 'held'> = {},
  ): void {
    this.publish({
      type: 'job.ended',
      generation: message.generation,
      worker: this.ports.workerId,
      ...(message.job === undefined ? { opening: message.opening } : { job: message.job }),
      outcome,
      ...more,
    });
  }

  private publish(message: VerdictReturned | JobEnded | SessionReady): void {
    this.ports.bus.publish(this.ports.subjects.generationVerdicts(message.generation), message);
  }

  private now(): number {
    return this.ports.scheduler.now();
  }
}

/** What it holds for sure, whatever its jobs drafted. */
function heldBy({ path, committed }: TargetSession) {
  const position = Math.min(committed, path.length);
  return { position, pathHash: path.hashAt(position) as PathHash };
}

/** Those of the verdicts after paths of `position` tokens and more. */
function logprobsOf({ logprobs }: TargetSession, position: number, count: number) {
  const told = logprobs.slice(position, position + count).filter((known) => known !== undefined);
  return told.length === count ? { logprobs: told } : {};
}

/**
 * Lower goes first; undefined: nothing to do. Open roots and prompts in turn, then what is nearest to a committed
 * prefix. With each pass of another that a job waits for it comes nearer: the prefix has grown meanwhile, too.
 */
function urgency(session: TargetSession, turn: number): number | undefined {
  if (session.busy) return undefined;
  if (!session.ready && session.job === undefined) return 0;
  if (session.job === undefined || session.job.awaits > 0) return undefined;
  const { message, extending, next, waitsSince } = session.job;
  const passesWaited = turn - waitsSince;
  // Nobody waits for what was committed when the job was sent: its target is only to catch up.
  if (message.last < message.committedPosition) return Math.max(0, CATCH_UP_RANK - passesWaited);
  // What this target has itself confirmed or refuted since `first` is as good as committed: if the job began at the
  // root, its extension is at the root again.
  const at = extending ? message.first : next;
  return Math.max(0, at - message.committedPosition - passesWaited);
}
