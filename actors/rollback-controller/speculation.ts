import type { RequestOutcome } from '../../src/core/bus.js';
import { rootIsOpen } from '../../src/core/dispatch.js';
import { NoWorkerError } from '../../src/core/errors.js';
import type { GenerationResult } from '../../src/core/generation.js';
import type {
  DraftProposed,
  DraftRejected,
  JobEnded,
  SessionOpen,
  SessionReady,
  VerdictReturned,
  WireMessage,
  WorkerAnnounced,
} from '../../src/core/messages.js';
import { restMs } from '../../src/core/planner/search-pace.js';
import type { Cancel } from '../../src/core/scheduler.js';
import type { DrafterLink } from './drafter-links.js';
import { DrafterSide } from './drafter-side.js';
import {
  type ControllerOptions,
  type ControllerPorts,
  type Ending,
  GenerationState,
} from './generation-state.js';
import {
  acceptAnswer,
  askAfresh,
  closeSession,
  openable,
  requestSession,
  type SessionAnswer,
  slotFreed,
} from './session-links.js';
import type { TargetLink } from './target-links.js';
import { TargetSide } from './target-side.js';

type Link = TargetLink | DrafterLink;

/** What comes back later. */
export interface SpeculationEvents {
  readonly sessionAnswered: SessionAnswer;
  /** A drafter that is waited for has become late. */
  readonly draftsLate: () => void;
  /** A moment to look at another plan. */
  readonly planDue: () => void;
}

/** One generation from its prompt to its last token: what the rollback controller's machine drives. */
export class Speculation {
  readonly state: GenerationState;
  readonly targets: TargetSide;
  readonly drafters: DrafterSide;
  private leftDrafts = false;
  /** Why a worker last refused a session. */
  private refusal: string | undefined;
  private supplyTimer: Cancel | undefined;
  private planTimer: Cancel | undefined;
  /** What the last look at another plan took. */
  private plannedMs = 0;

  constructor(
    private readonly options: ControllerOptions,
    private readonly ports: ControllerPorts,
    private readonly events: SpeculationEvents,
  ) {
    this.state = new GenerationState(options, ports);
    this.drafters = new DrafterSide(this.state);
    this.targets = new TargetSide(this.state, this.drafters);
    ports.pool.join(this.targets);
  }

  get ending(): Ending | undefined {
    return this.state.ending;
  }

  /** A verdict refuted the draft at the root, and the drafters were not told yet. */
  get rolledBack(): boolean {
    return this.leftDrafts;
  }

  /** Something is guessed after the committed prefix. */
  get hasDrafts(): boolean {
    return this.state.tree.root.children.length > 0;
  }

  get hasTarget(): boolean {
    return [...this.targets.links.values()].some((link) => link.phase === 'ready');
  }

  workerJoined(announced: WorkerAnnounced): void {
    const side = announced.role === 'target' ? this.targets : this.drafters;
    if (side.links.has(announced.worker)) return;
    if (announced.role === 'drafter' && this.options.request.mode === 'none') return;
    side.join(announced);
    this.replan();
    this.openSessions();
  }

  workerLost(worker: string): void {
    if (this.link(worker) !== undefined) this.state.interrupted();
    this.targets.leave(worker);
    this.drafters.leave(worker);
    this.replan();
    this.openSessions();
  }

  sessionAnswered(worker: string, outcome: RequestOutcome): void {
    const link = this.link(worker);
    if (link === undefined) return;
    const now = this.ports.scheduler.now();
    if (outcome.kind === 'reply') this.state.measurements.answered(now - link.toldAtMs);
    if (acceptAnswer(link, outcome, now)) this.becameReady(link);
    if (outcome.kind === 'reply') this.heardAnswer(worker, outcome.message, now);
    this.openSessions();
  }

  sessionReady(message: SessionReady): void {
    const link = this.link(message.worker);
    if (link === undefined || link.phase === 'refused') return;
    if (link.phase === 'ready') return;
    link.phase = 'ready';
    this.state.record({
      kind: 'prefill',
      track: message.worker,
      startMs: message.startedAtMs,
      endMs: message.startedAtMs + message.promptMs,
    });
    this.becameReady(link);
    this.openSessions();
  }

  proposed(message: DraftProposed): void {
    this.drafters.proposed(message);
    this.targets.draftsArrived();
  }

  draftRejected(message: DraftRejected): void {
    this.drafters.rejected(message);
    this.openSessions();
  }

  verdict(message: VerdictReturned): void {
    this.state.progressAtMs = this.ports.scheduler.now();
    this.targets.verdict(message);
  }

  jobEnded(message: JobEnded): void {
    this.targets.ended(message);
    this.openSessions();
  }

  reconnected(): void {
    this.state.interrupted();
    this.targets.forgetJobs();
    this.drafters.restart();
    for (const link of this.allLinks()) if (link.phase !== 'ready') askAfresh(link);
    this.openSessions();
  }

  /** Commits what is decided, keeps the drafters busy and gives idle targets work: after every event. */
  proceed(): void {
    if (this.state.settle()) this.leftDrafts = true;
    this.considerPlans();
    if (!this.leftDrafts) this.giveWork();
  }

  /** Sends the drafters to the new root. */
  rollBack(): void {
    this.leftDrafts = false;
    this.state.statistics.rollbacks++;
    this.state.record({
      kind: 'rollback',
      track: 'controller',
      data: { position: this.state.committed.length },
    });
    this.giveWork();
  }

  /** Looks at one more plan. */
  considerPlan(): void {
    const { scheduler } = this.ports;
    const startMs = scheduler.now();
    this.state.planner.step();
    this.plannedMs = scheduler.now() - startMs;
  }

  /** Everything that time alone brings: deadlines, retries, leases. */
  tick(): void {
    const now = this.ports.scheduler.now();
    this.targets.expire();
    this.drafters.nudge();
    this.openSessions();
    for (const link of this.allLinks()) {
      if (link.phase === 'ready' && now - link.toldAtMs > this.options.leaseMs / 3)
        this.renewLease(link, now);
    }
    const { patienceMs } = this.options;
    if (now - this.state.progressAtMs > patienceMs) {
      const waited = `no target made progress for ${Math.round(patienceMs / 1000)} s`;
      const reasons = [waited, this.refusal, this.targets.failure].filter((reason) => reason !== undefined);
      this.endWithout(reasons.join('; '));
    }
  }

  heardOf(worker: string, freeSlots: number): void {
    const target = this.targets.links.get(worker);
    if (target !== undefined) this.targets.heard(target);
    const link = this.link(worker);
    if (link !== undefined && freeSlots > 0 && slotFreed(link)) this.openSessions();
  }

  cancel(): void {
    this.state.end({ outcome: 'cancelled', finishReason: 'cancelled' });
  }

  /** Drops jobs and closes sessions. */
  close(): void {
    const { pool, closedSessions } = this.ports;
    this.supplyTimer?.();
    this.planTimer?.();
    pool.leave(this.targets);
    this.targets.forgetJobs();
    this.state.tree.abandon();
    for (const link of this.allLinks()) closeSession(link, this.options.request.id, closedSessions);
    pool.dispatch(this.targets.links.keys());
  }

  result(): GenerationResult {
    return this.state.result();
  }

  /** Drafters first: whether a job waits for drafts depends on what they were told. */
  private giveWork(): void {
    if (this.state.ending !== undefined) return;
    this.drafters.steer();
    this.targets.renewExtensions();
    this.ports.pool.dispatch(this.poolWorkers());
    this.awaitSupply();
  }

  /** An open root that waits only for drafts waits no longer than until they are late. One timer, not one per message. */
  private awaitSupply(): void {
    if (this.supplyTimer !== undefined || !rootIsOpen(this.state.tree)) return;
    const lateAtMs = this.drafters.nextLateAtMs();
    if (lateAtMs === undefined) return;
    const delayMs = lateAtMs - this.ports.scheduler.now();
    this.supplyTimer = this.ports.scheduler.schedule(delayMs, () => {
      this.supplyTimer = undefined;
      this.events.draftsLate();
    });
  }

  private poolWorkers(): string[] {
    return this.targets.usable().map((link) => link.announced.worker);
  }

  private becameReady(link: Link): void {
    const { state } = this;
    state.progressAtMs = this.ports.scheduler.now();
    if (link.announced.numerics === 'relaxed' && link.role === 'target') state.numerics = 'relaxed';
    this.replan();
  }

  private replan(): void {
    const links = [...this.targets.links.values()].filter((link) => link.phase !== 'refused');
    const targetTimes = links[0]?.announced.forwardTimes;
    if (targetTimes === undefined) return;
    const targets = Math.min(links.length, this.options.request.targets ?? links.length);
    const { drafters } = this;
    this.state.replan({
      targets,
      targetTimes,
      draftMs: () => drafters.draftMs(),
      idleDraftMs: () => drafters.idleDraftMs(),
      drafters: drafters.instances(),
      sharesHost: drafters.shareHostWith(links.map(({ announced }) => announced.host)),
    });
    this.considerPlans();
  }

  /** Looks at other plans bit by bit, between other events. */
  private considerPlans(): void {
    if (!this.state.planner.isSearching || this.planTimer !== undefined) return;
    const { scheduler, pool } = this.ports;
    this.planTimer = scheduler.schedule(restMs(this.plannedMs, pool.generations), () => {
      this.planTimer = undefined;
      this.events.planDue();
    });
  }

  private openSessions(): void {
    if (this.state.ending !== undefined) return;
    const { request } = this.options;
    const message: Omit<SessionOpen, 'opening'> = {
      type: 'session.open',
      generation: request.id,
      promptTokenIds: [...request.promptTokenIds],
      sampler: request.sampler,
      seed: request.seed,
      capacityTokens: request.promptTokenIds.length + request.maxTokens,
      leaseMs: this.options.leaseMs,
    };
    const now = this.ports.scheduler.now();
    const forTargets = { ...message, logprobs: request.logprobs };
    for (const link of openable<Link>([...this.targets.wanted(), ...this.drafters.links.values()], now)) {
      const asked = link.role === 'target' ? forTargets : message;
      requestSession(link, asked, this.ports, this.events.sessionAnswered);
    }
  }

  private heardAnswer(worker: string, message: WireMessage, now: number): void {
    if (message.type === 'session.granted') {
      this.state.progressAtMs = now;
      this.leaveLines();
    }
    if (message.type !== 'session.refused') return;
    this.refusal = `${worker} refused: ${message.reason}`;
    if (!this.targets.links.has(worker)) return;
    // Others are served, and this one after those that asked before it.
    if (message.code === 'full') this.state.progressAtMs = now;
    if (message.code === 'capacity' || message.code === 'invalid') this.endIfRefused(this.refusal);
  }

  /** What no target that is up will ever take is not waited for; what one of them took, another like it may. */
  private endIfRefused(refusal: string): void {
    const { targets, state } = this;
    const wasServed = state.statistics.targets.size > 0;
    if (wasServed || [...targets.links.values()].some(({ phase }) => phase !== 'refused')) return;
    this.endWithout(`no target takes it: ${refusal}`);
  }

  private endWithout(reason: string): void {
    const error = new NoWorkerError(reason);
    this.state.end({ outcome: 'failed', finishReason: 'error', error });
  }

  /** With all targets that it may use it waits for no other, and keeps no slot from those behind it. */
  private leaveLines(): void {
    const wanted = this.targets.wanted();
    if (wanted.some(({ phase }) => phase !== 'preparing' && phase !== 'ready')) return;
    for (const link of this.targets.links.values()) {
      if (wanted.includes(link) || link.unwilling !== 'full' || link.openTries === 0) continue;
      closeSession(link, this.options.request.id, this.ports.closedSessions);
      link.openTries = 0;
      link.phase = 'waiting';
    }
  }

  private renewLease(link: Link, now: number): void {
    link.toldAtMs = now;
    const { bus, subjects } = this.ports;
    bus.publish(subjects.workerSession(link.announced.worker), {
      type: 'session.renewed',
      generation: this.options.request.id,
    });
  }

  private link(worker: string): Link | undefined {
    return this.targets.links.get(worker) ?? this.drafters.links.get(worker);
  }

  private allLinks(): Link[] {
    return [...this.targets.links.values(), ...this.drafters.links.values()];
  }
}
