import type {
  DraftConfirmed,
  DraftProposed,
  DraftRejected,
  DraftStart,
  SessionReady,
  VerdictReturned,
} from '../../src/core/messages.js';
import type { ForwardResult, ModelInfo } from '../../src/core/model.js';
import type { WorkerPorts } from '../../src/core/ports.js';
import type { Cancel } from '../../src/core/scheduler.js';
import type { SessionTable } from '../worker/session-table.js';
import {
  confirmRoot,
  type DrafterSession,
  emptyBatch,
  followVerdicts,
  hearVerdict,
  isDecided,
  isDoubtful,
  leadOf,
  roomOf,
  stopListening,
  takeStart,
} from './drafter-session.js';

/** A prompt goes before sessions that are further ahead than this, and before one more with each so many ms that it waits. */
const PROMPT_LEAD_TOKENS = 16;
const PROMPT_MS_PER_TOKEN = 10;

export interface DrafterPass {
  readonly session: DrafterSession;
  readonly tokens: readonly number[];
  /** 1 when the pass reaches the end of the path, else 0. */
  readonly want: 0 | 1;
}

/** The decisions of a drafter worker, without its control flow: whom it drafts for next, and what it publishes. */
export class Drafting {
  /** Passes begun. */
  private turn = 0;

  constructor(
    private readonly sessions: SessionTable<DrafterSession>,
    private readonly info: ModelInfo,
    private readonly ports: WorkerPorts,
    /** Hands what the targets of a generation say to `hear`, until cancelled. */
    private readonly listen: (generation: string) => Cancel,
  ) {}

  /** An absolute fact, possibly repeated: draft on after this path. What is not newer is ignored. */
  start(message: DraftStart): void {
    const session = this.sessions.touch(message.generation);
    if (session === undefined) {
      this.reject(message.generation, 'unknownSession');
      return;
    }
    const newest = session.nextStart?.epoch ?? session.course?.epoch ?? -1;
    if (message.epoch > newest) session.nextStart = message;
  }

  /** Returns whether there may be something to do now. */
  confirmed(message: DraftConfirmed): boolean {
    const session = this.sessions.touch(message.generation);
    if (session !== undefined) return confirmRoot(session, message);
    this.reject(message.generation, 'unknownSession');
    return false;
  }

  /** A target's verdict, overheard. Returns whether there may be something to do now. */
  hear(message: VerdictReturned): boolean {
    const session = this.sessions.find(message.generation);
    return session !== undefined && hearVerdict(session, message);
  }

  /** Whether a session has been told where else to go. */
  isInterrupted(): boolean {
    for (const session of this.sessions.values()) if (!session.busy && isLedElsewhere(session)) return true;
    return false;
  }

  /** Goes where the sessions have been told to: what the old and the new path share stays computed. */
  rewind(): void {
    for (const session of this.sessions.values()) {
      if (session.busy || !isLedElsewhere(session)) continue;
      const start = session.nextStart;
      session.nextStart = undefined;
      if (session.detour !== undefined) followVerdicts(session);
      if (start !== undefined) this.takeUp(session, start);
      this.flushIfDue(session);
    }
  }

  private takeUp(session: DrafterSession, start: DraftStart): void {
    if (this.isForeign(start) || !takeStart(session, start, this.now())) {
      this.reject(session.generation, 'resync');
      return;
    }
    if (start.listen) session.stopListening ??= this.listen(session.generation);
    else stopListening(session);
  }

  /** Whether a prompt is to be ingested or a draft to be made, here or elsewhere. */
  hasWork(): boolean {
    return this.isInterrupted() || this.neediest() !== undefined;
  }

  /** The next pass, for the session with the least lead (of equals, who has waited longest); undefined: nothing to do. */
  nextPass(): DrafterPass | undefined {
    const session = this.neediest();
    return session === undefined ? undefined : this.passOf(session);
  }

  private neediest(): DrafterSession | undefined {
    let best: DrafterSession | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const session of this.sessions.values()) {
      const lead = this.rankOf(session);
      if (lead > least || lead === Number.POSITIVE_INFINITY) continue;
      if (lead < least || best === undefined || session.servedAt < best.servedAt) {
        best = session;
        least = lead;
      }
    }
    return best;
  }

  /** Whether any session waits for more of its path to be committed. */
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
    if (pass.want === 0 || session.course === undefined) return;
    this.collect(session, result);
    if (!isLedElsewhere(session)) this.flushIfDue(session);
  }

  fail(pass: DrafterPass, error: Error): void {
    const { session } = pass;
    this.ports.logger.error({ generation: session.generation, reason: error.message }, 'pass failed');
    if (!this.sessions.settle(session)) return;
    this.sessions.close(session.generation);
    this.reject(session.generation, 'failed', error.message);
  }

  /** A session's lead; infinite where there is nothing to do. A prompt to ingest counts as far ahead at first. */
  private rankOf(session: DrafterSession): number {
    if (session.busy) return Number.POSITIVE_INFINITY;
    if (session.course !== undefined || session.ready)
      return roomOf(session) > 0 ? leadOf(session) : Number.POSITIVE_INFINITY;
    return PROMPT_LEAD_TOKENS - (this.now() - session.openedAtMs) / PROMPT_MS_PER_TOKEN;
  }

  private passOf(session: DrafterSession): DrafterPass {
    const { path, sequence } = session;
    if (sequence.length >= path.length) sequence.crop(path.length - 1);
    const stop = Math.min(path.length, sequence.length + this.info.maxChunkTokens);
    session.busy = true;
    session.servedAt = ++this.turn;
    const tokens = path.tokens.slice(sequence.length, stop);
    return { session, tokens, want: stop === path.length ? 1 : 0 };
  }

  private collect(session: DrafterSession, result: ForwardResult): void {
    const batch = session.pending ?? emptyBatch(session, result.startedAtMs);
    session.pending = batch;
    const id = result.tokenIds[0];
    if (id === undefined) {
      session.exhausted = true;
      return;
    }
    const confidence = result.confidences[0] ?? 0;
    batch.ids.push(id);
    batch.confidences.push(confidence);
    session.confidences[session.path.length - session.promptLength] = confidence;
    batch.forwardMs += result.forwardMs;
    session.path.push(id);
    if (isDecided(session)) session.detour ??= session.path.length;
    session.exhausted = session.endTokenIds.has(id);
  }

  private flushIfDue(session: DrafterSession): void {
    const { course, pending } = session;
    if (course === undefined || pending === undefined) return;
    const exhausted = session.exhausted || isDoubtful(session);
    const rests = roomOf(session) === 0;
    const isDue =
      exhausted ||
      pending.ids.length >= course.batch ||
      rests ||
      this.now() - pending.startedAtMs >= course.flushMs;
    if (!isDue) return;
    session.pending = undefined;
    const { dropped } = session;
    session.dropped = undefined;
    this.publish({
      type: 'draft.proposed',
      generation: session.generation,
      worker: this.ports.workerId,
      epoch: course.epoch,
      exhausted,
      ...(rests ? { rests } : {}),
      ...pending,
      ...(dropped === undefined ? {} : { dropped }),
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

  private now(): number {
    return this.ports.scheduler.now();
  }
}

/** Told, by its controller or by a verdict, to draft from another place than its path leads to. */
function isLedElsewhere({ nextStart, detour }: DrafterSession): boolean {
  return nextStart !== undefined || detour !== undefined;
}
