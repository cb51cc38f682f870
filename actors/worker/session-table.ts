import { BusyError, errorMessage, InvalidOptionError, UnavailableError } from '../../src/core/errors.js';
import type { SessionGranted, SessionOpen, SessionRefused } from '../../src/core/messages.js';
import type { LoadedModel, Sequence } from '../../src/core/model.js';
import type { WorkerPorts } from '../../src/core/ports.js';
import { TokenPath } from '../../src/core/token-path.js';
import { WaitingLine } from './waiting-line.js';

/** What every worker keeps per generation, whatever its role. */
export interface WorkerSession {
  readonly generation: string;
  readonly path: TokenPath;
  readonly sequence: Sequence;
  readonly promptLength: number;
  readonly endTokenIds: ReadonlySet<number>;
  readonly leaseMs: number;
  /** As `session.open` said. */
  readonly opening: number;
  readonly openedAtMs: number;
  heardAtMs: number;
  /** The prompt is ingested. */
  ready: boolean;
  /** A pass is running on its sequence. */
  busy: boolean;
}

/** Told when there is something to do, and when there is less. */
export interface SessionEvents<Session> {
  readonly opened: () => void;
  readonly ended: (session: Session) => void;
  /** A slot is free that somebody waits for. */
  readonly slotFreed: () => void;
}

/**
 * The sessions of one worker. Slots are granted until they are taken and refused then, and later in the order in which
 * they were refused; a session ends when it is closed or when its controller has been silent for the lease.
 */
export class SessionTable<Session extends WorkerSession> {
  private readonly sessions = new Map<string, Session>();
  private readonly line: WaitingLine;

  constructor(
    private readonly model: LoadedModel,
    private readonly slots: number,
    private readonly ports: WorkerPorts,
    private readonly extend: (session: WorkerSession) => Session,
    private readonly events: SessionEvents<Session>,
  ) {
    this.line = new WaitingLine(ports.scheduler);
  }

  get freeSlots(): number {
    return this.slots - this.sessions.size;
  }

  get size(): number {
    return this.sessions.size;
  }

  values(): IterableIterator<Session> {
    return this.sessions.values();
  }

  find(generation: string): Session | undefined {
    return this.sessions.get(generation);
  }

  /** The session, which has now been heard of; undefined when there is none. */
  touch(generation: string): Session | undefined {
    const session = this.sessions.get(generation);
    if (session !== undefined) session.heardAtMs = this.ports.scheduler.now();
    return session;
  }

  /** Opens a session, or answers for the one that is open. */
  open(message: SessionOpen): SessionGranted | SessionRefused {
    const { generation } = message;
    const worker = this.ports.workerId;
    const known = this.touch(generation);
    if (known !== undefined) return { type: 'session.granted', generation, worker, ready: known.ready };
    const refused = (code: SessionRefused['code'], reason: string): SessionRefused => ({
      type: 'session.refused',
      generation,
      worker,
      code,
      reason,
    });
    const { contextTokens, vocabularySize } = this.model.info;
    if (message.capacityTokens > contextTokens) {
      return refused('capacity', `${message.capacityTokens} tokens asked for, context is ${contextTokens}`);
    }
    const foreign = message.promptTokenIds.find((token) => token >= vocabularySize);
    if (foreign !== undefined) {
      return refused('invalid', `prompt token ${foreign} is outside the vocabulary of ${vocabularySize}`);
    }
    // Last, so that nobody waits for what it will not get.
    if (this.freeSlots <= this.line.before(generation)) {
      this.line.wait(generation);
      const whose = this.freeSlots > 0 ? 'taken or kept for who asked before' : 'taken';
      return refused('full', `all ${this.slots} slots are ${whose}`);
    }
    try {
      this.sessions.set(generation, this.create(message));
    } catch (error) {
      const { code, reason } = whyNotOpened(error);
      this.ports.logger.error({ generation, code, reason }, 'session could not be opened');
      if (code === 'full') this.line.wait(generation);
      else this.line.leave(generation);
      return refused(code, reason);
    }
    this.line.leave(generation);
    this.events.opened();
    return { type: 'session.granted', generation, worker, ready: false };
  }

  /**
   * Its slot, or its place in the line for one, is free at once; of a pass that is under way nobody takes the result.
   */
  close(generation: string): void {
    const session = this.sessions.get(generation);
    const waited = this.line.leave(generation);
    if (session === undefined && !waited) return;
    if (session !== undefined) {
      this.sessions.delete(generation);
      session.sequence.close();
      this.events.ended(session);
    }
    if (this.freeSlots > 0 && !this.line.isEmpty) this.events.slotFreed();
  }

  /** Ends a pass. False when the session was closed meanwhile: its result is nobody's. */
  settle(session: Session): boolean {
    session.busy = false;
    return this.sessions.get(session.generation) === session;
  }

  /** Nobody is served any more. */
  closeAll(): void {
    this.line.clear();
    for (const generation of [...this.sessions.keys()]) this.close(generation);
  }

  /** Closes what has been silent for longer than its lease. */
  closeLapsed(): void {
    const now = this.ports.scheduler.now();
    for (const session of [...this.sessions.values()]) {
      if (now - session.heardAtMs > session.leaseMs) {
        this.ports.logger.warn({ generation: session.generation }, 'session lapsed');
        this.close(session.generation);
      }
    }
  }

  private create(message: SessionOpen): Session {
    const path = new TokenPath(message.generation);
    for (const token of message.promptTokenIds) path.push(token);
    const now = this.ports.scheduler.now();
    return this.extend({
      generation: message.generation,
      path,
      sequence: this.model.openSequence({
        generation: message.generation,
        seed: message.seed,
        sampler: message.sampler,
        capacityTokens: message.capacityTokens,
        logprobs: message.logprobs,
      }),
      promptLength: message.promptTokenIds.length,
      endTokenIds: new Set(message.sampler.endTokenIds),
      leaseMs: message.leaseMs,
      opening: message.opening,
      openedAtMs: now,
      heardAtMs: now,
      ready: false,
      busy: false,
    });
  }
}

function whyNotOpened(error: unknown): Pick<SessionRefused, 'code' | 'reason'> {
  const reason = errorMessage(error).trim().replaceAll('\n', ' ').slice(0, 500);
  if (error instanceof InvalidOptionError) return { code: 'invalid', reason };
  if (error instanceof UnavailableError) return { code: 'draining', reason };
  return { code: error instanceof BusyError ? 'full' : 'failed', reason };
}
