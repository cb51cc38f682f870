import type {
  DraftLimit,
  DraftProposed,
  DraftRejected,
  DraftStart,
  SessionReady,
} from '../../src/core/messages.js';
import type { ForwardResult, ModelInfo } from '../../src/core/model.js';
import type { PathHash } from '../../src/core/path-hash.js';
import type { WorkerPorts } from '../../src/core/ports.js';
import type { SessionTable, WorkerSession } from '../worker/session-table.js';

/** A prompt that has waited for a millisecond goes before a session that lacks this many drafts. */
const PROMPT_TOKENS_PER_MS = 0.1;

/** Drafts not yet published. */
interface Batch {
  readonly parentHash: PathHash;
  readonly position: number;
  readonly ids: number[];
  readonly confidences: number[];
  readonly startedAtMs: number;
  forwardMs: number;
}

/** The controller's last word: where to draft from, and how far. */
interface Course {
  readonly epoch: number;
  readonly batch: number;
  readonly flushMs: number;
  limit: number;
}

export interface DrafterSession extends WorkerSession {
  course: Course | undefined;
  /** Arrived during a pass; taken up when it ends. */
  nextStart: DraftStart | undefined;
  pending: Batch | undefined;
  exhausted: boolean;
}

export function drafterSession(session: WorkerSession): DrafterSession {
  return { ...session, course: undefined, nextStart: undefined, pending: undefined, exhausted: false };
}

export interface DrafterPass {
  readonly session: DrafterSession;
  readonly tokens: readonly number[];
  /** 1 when the pass reaches the end of the path, else 0. */
  readonly want: 0 | 1;
}

/** The decisions of a drafter worker, without its control flow: whom it drafts for next, and what it publishes. */
export class Drafting {
  constructor(
    private readonly sessions: SessionTable<DrafterSession>,
    private readonly info: ModelInfo,
    private readonly ports: WorkerPorts,
  ) {}

  /** An absolute fact, possibly repeated: draft on after this path. What is not newer is ignored. */
  start(message: DraftStart): void {
    const session = this.sessions.touch(message.generation);
    if (session === undefined) {
      this.reject(message.generation, 'unknownSession');
      return;
    }
    const newest = session.nextStart?.epoch ?? session.course?.epoch ?? -1;
    if (message.epoch <= newest) return;
    session.nextStart = message;
  }

  limit(message: DraftLimit): void {
    const session = this.sessions.touch(message.generation);
    if (session === undefined) {
      this.reject(message.generation, 'unknownSession');
      return;
    }
    const { course, nextStart } = session;
    if (nextStart?.epoch === message.epoch) {
      session.nextStart = { ...nextStart, limit: Math.max(nextStart.limit, message.limit) };
    } else if (course?.epoch === message.epoch) {
      course.limit = Math.max(course.limit, message.limit);
    }
  }

  /** Whether a session has been sent elsewhere and waits to be rewound. */
  hasRewind(): boolean {
    for (const session of this.sessions.values()) {
      if (session.nextStart !== undefined && !session.busy) return true;
    }
    return false;
  }

  /** Takes the newest starts up: what the old and the new path share stays computed. */
  rewind(): void {
    for (const session of this.sessions.values()) {
      const start = session.nextStart;
      if (start === undefined || session.busy) continue;
      session.nextStart = undefined;
      session.pending = undefined;
      const isHeld = session.path.hashAt(start.from) === start.pathHash;
      if (!isHeld || start.from < session.promptLength || this.isForeign(start)) {
        session.course = undefined;
        this.reject(start.generation, 'resync');
        continue;
      }
      const end = start.from + start.tokens.length;
      const shared = Math.min(end, session.path.replaceFrom(start.from, start.tokens));
      session.path.crop(end);
      if (session.sequence.length > shared) session.sequence.crop(shared);
      session.exhausted = false;
      session.course = {
        epoch: start.epoch,
        limit: start.limit,
        batch: start.batch,
        flushMs: start.flushMs,
      };
    }
  }

  /** Whether a prompt is to be ingested or a draft to be made. */
  hasWork(): boolean {
    return this.neediest() !== undefined;
  }

  /** The next pass, for the session with the least lead; undefined: nothing to do. */
  nextPass(): DrafterPass | undefined {
    const session = this.neediest();
    return session === undefined ? undefined : this.passOf(session);
  }

  private neediest(): DrafterSession | undefined {
    let best: DrafterSession | undefined;
    let bestRoom = 0;
    for (const session of this.sessions.values()) {
      const room = this.room(session);
      if (room > bestRoom) {
        best = session;
        bestRoom = room;
      }
    }
    return best;
  }

  /** Whether any session waits for its controller to move its limit. */
  isThrottled(): boolean {
    for (const session of this.sessions.values()) {
      if (session.course !== undefined && !session.exhausted) return true;
    }
    return false;
  }

  finish(pass: DrafterPass, result: ForwardResult): void {
    const { session } = pass;
    if (!this.sessions.settle(session)) return;
    if (!session.ready && session.sequence.length >= session.promptLength)
      this.announceReady(session, result);
    const { course } = session;
    if (pass.want === 0 || course === undefined || session.nextStart !== undefined) return;
    this.collect(session, course, result);
  }

  fail(pass: DrafterPass, error: Error): void {
    const { session } = pass;
    this.ports.logger.error({ generation: session.generation, reason: error.message }, 'pass failed');
    if (!this.sessions.settle(session)) return;
    this.sessions.close(session.generation);
    this.reject(session.generation, 'failed', error.message);
  }

  /** Tokens this session may still draft. A prompt to ingest counts as little at first, and for more as it waits. */
  private room(session: DrafterSession): number {
    if (session.busy) return 0;
    const { course } = session;
    if (course === undefined) {
      const waitedMs = this.ports.scheduler.now() - session.openedAtMs;
      return session.ready ? 0 : 0.5 + waitedMs * PROMPT_TOKENS_PER_MS;
    }
    if (session.exhausted) return 0;
    return Math.max(0, course.limit - session.path.length);
  }

  private passOf(session: DrafterSession): DrafterPass {
    const { path, sequence } = session;
    if (sequence.length >= path.length) sequence.crop(path.length - 1);
    const stop = Math.min(path.length, sequence.length + this.info.maxChunkTokens);
    session.busy = true;
    const tokens = path.tokens.slice(sequence.length, stop);
    return { session, tokens, want: stop === path.length ? 1 : 0 };
  }

  private collect(session: DrafterSession, course: Course, result: ForwardResult): void {
    const id = result.tokenIds[0];
    if (id === undefined) {
      session.exhausted = true;
    } else {
      const batch = session.pending ?? {
        parentHash: session.path.hash,
        position: session.path.length,
        ids: [],
        confidences: [],
        startedAtMs: result.startedAtMs,
        forwardMs: 0,
      };
      session.pending = batch;
      batch.ids.push(id);
      batch.confidences.push(result.confidences[0] ?? 0);
      batch.forwardMs += result.forwardMs;
      session.path.push(id);
      session.exhausted = session.endTokenIds.has(id);
    }
    if (this.isDue(session, course)) this.flush(session, course);
  }

  private isDue(session: DrafterSession, course: Course): boolean {
    const { pending } = session;
    if (session.exhausted) return true;
    if (pending === undefined) return false;
    if (pending.ids.length >= course.batch || session.path.length >= course.limit) return true;
    return this.ports.scheduler.now() - pending.startedAtMs >= course.flushMs;
  }

  private flush(session: DrafterSession, course: Course): void {
    const { pending } = session;
    session.pending = undefined;
    this.publish({
      type: 'draft.proposed',
      generation: session.generation,
      worker: this.ports.workerId,
      epoch: course.epoch,
      parentHash: pending?.parentHash ?? session.path.hash,
      position: pending?.position ?? session.path.length,
      ids: pending?.ids ?? [],
      confidences: pending?.confidences ?? [],
      exhausted: session.exhausted,
      startedAtMs: pending?.startedAtMs ?? this.ports.scheduler.now(),
      forwardMs: pending?.forwardMs ?? 0,
    });
  }

  private isForeign(start: DraftStart): boolean {
    return start.tokens.some((token) => token >= this.info.vocabularySize);
  }

  private announceReady(session: DrafterSession, result: ForwardResult): void {
    session.ready = true;
    this.publish({
      type: 'session.ready',
      generation: session.generation,
      worker: this.ports.workerId,
      promptMs: result.startedAtMs + result.forwardMs - session.openedAtMs,
      startedAtMs: session.openedAtMs,
    });
  }

  private reject(generation: string, outcome: DraftRejected['outcome'], reason?: string): void {
    this.publish({
      type: 'draft.rejected',
      generation,
      worker: this.ports.workerId,
      outcome,
      ...(reason === undefined ? {} : { reason: reason.slice(0, 500) }),
    });
  }

  private publish(message: DraftProposed | DraftRejected | SessionReady): void {
    this.ports.bus.publish(this.ports.subjects.generationProposals(message.generation), message);
  }
}
