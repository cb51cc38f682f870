import { MAX_CHUNK_TOKENS } from '../pass-timing.js';
import { KnownVerdicts } from './known-verdicts.js';
import { TEXT } from './lines.js';
import type { JobAssigned } from './messages.js';
import type { WorkerTimes } from './worker-times.js';
import { WAKE, type World } from './world.js';

/** A job being worked on: verdicts after paths of `next`..`last` tokens are still owed. */
interface RunningJob {
  readonly message: JobAssigned;
  next: number;
  /** Grows while extending. */
  last: number;
  /** Path length up to which the tokens are the job's own. */
  end: number;
  /** Own verdicts that may still be gone on from. */
  extendLeft: number;
  extending: boolean;
  /** Drafts that are still waited for before the job begins. */
  awaits: number;
}

/** One target worker and its one session: what `actors/target-verifier` does, in lengths instead of tokens. */
export class Target {
  private state: 'idle' | 'verifying' | 'yielding' = 'idle';
  private ready = false;
  private line = TEXT;
  private length: number;
  /** Tokens of the path that a job said were committed; the path may have become shorter since. */
  private committed: number;
  /** Tokens of the path that are ingested. */
  private ingested = 0;
  private readonly known: KnownVerdicts;
  private job: RunningJob | undefined = undefined;
  /** Starts when `job` ends; a newer one replaces it. */
  private waiting: JobAssigned | undefined = undefined;
  private passTokens = 0;
  private passBeganAtMs = 0;
  private passWants = 0;

  constructor(
    private readonly world: World,
    private readonly target: number,
    private readonly times: WorkerTimes,
  ) {
    this.length = world.promptTokens;
    this.committed = world.promptTokens;
    this.known = new KnownVerdicts(world.reach);
  }

  opened(): void {
    this.startPass();
  }

  assigned(message: JobAssigned): void {
    const { overheard, wire } = this.world;
    if (message.listen) overheard.listen(this.target, wire.nextProposal);
    if (this.waiting !== undefined) this.end(this.waiting, 'dropped');
    this.waiting = message;
    if (this.state !== 'verifying') {
      const { job } = this;
      if (job !== undefined && (job.extending || job.awaits > 0)) {
        this.job = undefined;
        this.end(job.message, 'dropped');
      }
      if (this.job === undefined) this.accept();
    }
    if (this.state === 'idle') this.startPass();
  }

  /** A drafter's proposal is there: a job may be waiting for it. */
  heard(): void {
    const { job } = this;
    if (job === undefined || job.awaits === 0) return;
    this.takeDrafts(job);
    this.beginIfComplete(job);
  }

  patienceEnded(id: number): void {
    const { job } = this;
    if (job?.message.job !== id || job.awaits === 0) return;
    job.awaits = 0;
    this.beginIfComplete(job);
  }

  turnElapsed(): void {
    this.startPass();
  }

  passEnded(): void {
    const end = this.ingested;
    for (let length = end - this.passWants + 1; length <= end; length++) this.known.add(length);
    this.state = 'idle';
    if (!this.ready && end >= this.world.promptTokens) {
      this.ready = true;
      const { target } = this;
      this.world.wire.send({ kind: 'session.ready', role: 'target', worker: target });
    }
    if (this.job !== undefined) this.report(this.job, this.passTokens);
    if (this.job === undefined) this.accept();
    if (this.hasWork()) this.yieldTurn();
  }

  private hasWork(): boolean {
    return this.job === undefined ? !this.ready : this.job.awaits === 0;
  }

  /** One turn of the event loop, as long as something else is due at this instant. */
  private yieldTurn(): void {
    const { agenda } = this.world;
    if (agenda.isQuiet) this.startPass();
    else {
      this.state = 'yielding';
      agenda.soon(WAKE.targetFlushed + this.target);
    }
  }

  private startPass(): void {
    this.state = 'idle';
    while (this.hasWork()) {
      const { job } = this;
      if (job === undefined) this.pass(this.world.promptTokens, this.world.promptTokens);
      else if (!this.reportKnown(job)) this.pass(job.next, job.last);
      else {
        this.accept();
        continue;
      }
      return;
    }
  }

  /** Ingests up to path length `end`; verdicts are wanted from path length `firstWanted` on. */
  private pass(firstWanted: number, end: number): void {
    const { agenda } = this.world;
    if (this.ingested >= firstWanted) this.ingested = firstWanted - 1;
    const start = this.ingested;
    const stop = Math.min(end, start + MAX_CHUNK_TOKENS);
    this.state = 'verifying';
    this.ingested = stop;
    this.passTokens = stop - start;
    this.passWants = Math.max(0, stop - Math.max(start, firstWanted - 1));
    this.passBeganAtMs = agenda.nowMs;
    agenda.at(
      agenda.nowMs + this.times.next(this.passTokens, firstWanted),
      WAKE.targetPassEnded + this.target,
    );
  }

  /** Takes the waiting job up, if its path is held here. */
  private accept(): void {
    const message = this.waiting;
    if (message === undefined) return;
    this.waiting = undefined;
    const { lines } = this.world;
    const { line, length, from } = message;
    if (lines.shared(this.line, this.length, line, length) < from) {
      this.end(message, 'resync');
      return;
    }
    this.follow(line, length);
    this.committed = Math.max(this.committed, message.committed);
    const job = {
      message,
      next: message.first,
      last: length,
      end: length,
      extendLeft: message.extend,
      extending: false,
      awaits: message.awaitDrafts,
    };
    this.job = job;
    if (job.awaits > 0) this.awaitDrafts(job);
  }

  private awaitDrafts(job: RunningJob): void {
    const { agenda } = this.world;
    const { target } = this;
    const { awaitMs, job: id } = job.message;
    agenda.at(agenda.nowMs + awaitMs, 0, { kind: 'job.patienceEnded', target, job: id });
    this.takeDrafts(job);
  }

  /** Lengthens the job by drafts that go on from its path. */
  private takeDrafts(job: RunningJob): void {
    while (job.awaits > 0) {
      const drafts = this.world.overheard.take(this.target, this.line, this.length);
      if (drafts === undefined) return;
      const count = Math.min(drafts.length - drafts.from, job.awaits);
      this.follow(drafts.line, drafts.from + count);
      job.last += count;
      job.end += count;
      job.awaits -= count;
    }
  }

  private beginIfComplete(job: RunningJob): void {
    if (job.awaits === 0 && this.state === 'idle') this.startPass();
  }

  /** Makes this path the start of the present one; what follows it stays if nothing differs. */
  private follow(line: number, length: number): void {
    const { lines } = this.world;
    const shared = lines.shared(this.line, this.length, line, length);
    if (shared === length) return;
    this.line = lines.lineAt(line, length);
    this.length = length;
    this.known.forgetBeyond(shared);
    if (this.ingested > shared) this.ingested = shared;
  }

  /** Publishes owed verdicts that are known already; true when the job is over. */
  private reportKnown(job: RunningJob): boolean {
    while (this.job === job && (this.known.has(job.next) || this.refutedBefore(job) > 0)) this.report(job, 0);
    return this.job === undefined;
  }

  /**
   * Publishes the verdicts owed and known, in one message. The job ends when all are published, when an own verdict
   * refutes its next token, or when it has extended enough.
   */
  private report(job: RunningJob, tokensIngested: number): void {
    const { lines, wire, agenda } = this.world;
    const { message } = job;
    const refutedAt = this.refutedBefore(job);
    const first = refutedAt > 0 ? refutedAt : job.next;
    let next = first;
    let refuted = refutedAt > 0;
    let over = refuted;
    if (refuted) next++;
    else {
      const fork = lines.nextFork(this.line, first);
      while (!over && this.known.has(next)) {
        refuted = next === fork && next < job.end;
        next++;
        over = refuted || next > job.last;
      }
    }
    if (next === first) return;
    job.next = next;
    const line = lines.lineAt(this.line, next - 1);
    if (over && !this.extendFrom(job, line, refuted)) this.job = undefined;
    wire.verdict({
      kind: 'verdict.returned',
      target: this.target,
      job: message.job,
      line,
      first,
      count: next - first,
      tokensIngested,
      forwardMs: tokensIngested > 0 ? agenda.nowMs - this.passBeganAtMs : 0,
      committed: message.committed,
      done: this.job === undefined,
    });
  }

  /** Length of the shortest path known to go on otherwise than the job's, before the next owed verdict; 0: none. */
  private refutedBefore({ message, next }: RunningJob): number {
    const { lines, promptTokens } = this.world;
    const from = Math.max(message.from, promptTokens);
    let found = 0;
    for (let line = this.line; lines.forkOf(line) >= from; line = lines.parentOf(line)) {
      const fork = lines.forkOf(line);
      if (fork < next && this.known.has(fork)) found = fork;
    }
    return found;
  }

  private extendFrom(job: RunningJob, line: number, refuted: boolean): boolean {
    if (job.extendLeft <= 0 || this.waiting !== undefined) return false;
    if (job.message.extendOnRefutationOnly && !refuted) return false;
    job.extendLeft--;
    this.follow(line, job.next);
    job.last = job.next;
    job.end = job.next;
    job.extending = true;
    return true;
  }

  private end(message: JobAssigned, outcome: 'resync' | 'dropped'): void {
    const { target } = this;
    const held = Math.min(this.committed, this.length);
    this.world.wire.send({ kind: 'job.ended', target, job: message.job, outcome, held });
  }
}
