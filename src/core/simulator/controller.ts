import { type DispatchPolicy, PLAIN_EXTEND_TOKENS } from '../dispatch.js';
import { STEP_EVERY_MS } from '../planner/search-pace.js';
import { DraftChain } from './chain.js';
import { Course } from './course.js';
import { DrafterSide } from './drafter-side.js';
import type { SimulatedMessage } from './messages.js';
import type { Passed } from './segment-costs.js';
import type { PlanSource, SimulationResult, SimulationSettings } from './settings.js';
import { DEADLINE_CHECK_MS, TargetSide } from './target-side.js';
import { WAKE, type World } from './world.js';

type ChangingPolicy = { -readonly [Key in keyof DispatchPolicy]: DispatchPolicy[Key] };

/** Sees a simulated text grow. */
export interface CommitWatch {
  /** `length`: tokens committed, the prompt included; called for each. */
  committed(length: number, controller: { passed(): Passed }): void;
}

/** Workers that take part. */
export interface Crew {
  readonly targets: number;
  readonly drafters: number;
}

/** The only committer of the generation: `actors/rollback-controller` without what only faults bring. */
export class Controller {
  private readonly chain: DraftChain;
  private readonly course: Course;
  private readonly policy: ChangingPolicy;
  private readonly drafters: DrafterSide;
  private readonly targets: TargetSide;
  private readonly textEnd: number;
  private readonly simulatedEnd: number;
  private readonly steadyFrom: number;
  private readonly latencyMs: number;
  private plan: unknown;
  private firstAtMs = 0;
  private steadyAtMs = 0;
  private lastAtMs = 0;
  private accepted = 0;
  private refuted = 0;
  private rollbacks = 0;
  private isAwaitingSupply = false;
  private isPlanDue = false;
  private readonly openedAtMs: number;

  constructor(
    private readonly world: World,
    settings: SimulationSettings,
    plans: PlanSource,
    crew: Crew,
    private readonly watch: CommitWatch | undefined,
  ) {
    const { promptTokens, tokens, simulatedTokens = tokens } = settings;
    this.openedAtMs = world.agenda.nowMs;
    this.latencyMs = settings.latencyMs;
    this.textEnd = promptTokens + tokens;
    this.simulatedEnd = promptTokens + simulatedTokens;
    this.steadyFrom = promptTokens + (settings.unsteadyTokens ?? Math.ceil(simulatedTokens / 2));
    this.chain = new DraftChain(world.lines, promptTokens, this.textEnd, world.reach);
    this.course = new Course(settings, plans, crew.drafters);
    this.policy = { ...plans.plan, awaitAhead: false, extend: PLAIN_EXTEND_TOKENS, remaining: tokens };
    const { course, chain } = this;
    this.drafters = new DrafterSide(
      world,
      chain,
      course,
      settings.drafter.ms,
      this.textEnd - 1,
      crew.drafters,
    );
    this.targets = new TargetSide(
      world,
      chain,
      settings.target,
      this.drafters,
      course,
      this.policy,
      crew.targets,
    );
  }

  get hasEnded(): boolean {
    return this.chain.root === this.simulatedEnd;
  }

  open(): void {
    this.course.observe();
    this.considerPlans();
    this.checkLater();
    const { agenda } = this.world;
    agenda.at(agenda.nowMs + 2 * this.latencyMs, WAKE.sessionsGranted);
  }

  sessionsGranted(): void {
    this.course.answered(2 * this.latencyMs);
  }

  take(message: SimulatedMessage): void {
    switch (message.kind) {
      case 'draft.proposed':
        this.drafters.proposed(message);
        this.targets.draftsArrived();
        break;
      case 'verdict.returned':
        this.targets.verdict(message);
        break;
      case 'job.ended':
        this.targets.ended(message);
        break;
      case 'draft.rejected':
        this.drafters.rejected(message.drafter);
        break;
      case 'session.ready':
        if (message.role === 'target') this.targets.ready(message.worker);
        else this.drafters.ready(message.worker);
        this.course.observe();
        break;
    }
    this.proceed();
  }

  draftsLate(): void {
    this.isAwaitingSupply = false;
    this.proceed();
  }

  planDue(): void {
    this.isPlanDue = false;
    this.course.considerPlan();
    this.proceed();
  }

  deadlineChecked(): void {
    this.targets.expire();
    this.drafters.nudge();
    this.checkLater();
    this.proceed();
  }

  /** What has passed up to the last committed token. */
  passed(): Passed {
    return {
      ms: this.lastAtMs,
      targetForwards: this.targets.forwards,
      drafterForwards: this.drafters.proposedDrafts,
      rollbacks: this.rollbacks,
      accepted: this.accepted,
      refuted: this.refuted,
    };
  }

  result(): SimulationResult {
    const { openedAtMs, firstAtMs, steadyAtMs, world, simulatedEnd } = this;
    const { ms, ...counts } = this.passed();
    return {
      msPerToken: (ms - firstAtMs) / (simulatedEnd - world.promptTokens - 1),
      steadyMsPerToken: (ms - steadyAtMs) / (simulatedEnd - this.steadyFrom),
      timeToFirstTokenMs: firstAtMs - openedAtMs,
      ...counts,
      wastedDrafts: counts.drafterForwards - counts.accepted - counts.refuted,
    };
  }

  /** Commits what is decided, keeps the drafters busy and gives idle targets work: after every event. */
  private proceed(): void {
    const isRolledBack = this.settle();
    if (isRolledBack) this.rollbacks++;
    if (this.hasEnded) return;
    this.considerPlans();
    this.followPlan();
    this.drafters.steer();
    this.targets.renewExtensions();
    this.targets.dispatch();
    this.awaitSupply();
  }

  /** Commits what is decided. True when the committed prefix left every draft. */
  private settle(): boolean {
    const { chain, course } = this;
    const before = this.refuted;
    while (!this.hasEnded && chain.isDecided(chain.root)) {
      chain.advance();
      const { rootWasDrafted, refutedAtRoot } = chain;
      if (rootWasDrafted) this.accepted++;
      else if (refutedAtRoot > 0) this.refuted++;
      course.committed(rootWasDrafted, refutedAtRoot);
      this.lastAtMs = this.world.agenda.nowMs;
      if (chain.root === this.world.promptTokens + 1) this.firstAtMs = this.lastAtMs;
      if (chain.root === this.steadyFrom) this.steadyAtMs = this.lastAtMs;
      this.watch?.committed(chain.root, this);
    }
    course.settled();
    this.policy.remaining = this.textEnd - chain.root;
    return this.refuted > before;
  }

  private followPlan(): void {
    const { plan } = this.course;
    this.policy.awaitAhead = this.course.targetsListen;
    if (plan === this.plan) return;
    this.plan = plan;
    this.policy.mode = plan.mode;
    this.policy.lookahead = plan.lookahead;
    this.policy.jobTokens = plan.jobTokens;
    this.policy.placeCosts = plan.placeCosts;
    this.policy.wait = plan.wait;
  }

  /** Looks at other plans bit by bit, between other events. */
  private considerPlans(): void {
    if (this.isPlanDue || !this.course.isSearching) return;
    this.isPlanDue = true;
    const { agenda } = this.world;
    agenda.at(agenda.nowMs + STEP_EVERY_MS, WAKE.planDue);
  }

  /** An open root that waits only for drafts waits no longer than until they are late. */
  private awaitSupply(): void {
    if (this.isAwaitingSupply || !this.chain.rootIsOpen) return;
    const lateAtMs = this.drafters.nextLateAtMs();
    if (lateAtMs === Number.POSITIVE_INFINITY) return;
    this.isAwaitingSupply = true;
    this.world.agenda.at(lateAtMs, WAKE.draftsLate);
  }

  private checkLater(): void {
    const { agenda } = this.world;
    agenda.at(agenda.nowMs + DEADLINE_CHECK_MS, WAKE.deadlineChecked);
  }
}
