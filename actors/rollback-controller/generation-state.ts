import type { AcceptanceBook } from '../../src/core/acceptance-book.js';
import { type DispatchPolicy, PLAIN_EXTEND_TOKENS } from '../../src/core/dispatch.js';
import { DraftTree } from '../../src/core/draft-tree.js';
import { flushMs } from '../../src/core/drafter-patience.js';
import { draftersListen, targetsListen } from '../../src/core/drafter-rules.js';
import { DrafterUsefulness } from '../../src/core/drafter-usefulness.js';
import { InvalidLogitsError, type SlipstreamError } from '../../src/core/errors.js';
import type {
  CommittedToken,
  CompiledRequest,
  FinishReason,
  GenerationResult,
  Plan,
} from '../../src/core/generation.js';
import type { TokenLogprobs } from '../../src/core/logprobs.js';
import { Measurements } from '../../src/core/measurements.js';
import type { ForwardTime, Numerics } from '../../src/core/model.js';
import { forwardMs } from '../../src/core/planner/forward-times.js';
import { PacedPlanner } from '../../src/core/planner/paced-planner.js';
import { Planner } from '../../src/core/planner/planner.js';
import { REPLAN_TOKENS } from '../../src/core/planner/situation.js';
import type { TargetPool } from '../../src/core/target-pool.js';
import { TokenPath } from '../../src/core/token-path.js';
import type { TraceEvent, TraceSink } from '../../src/core/trace.js';
import type { SessionPorts } from './session-links.js';
import { Statistics } from './statistics.js';

export interface ControllerPorts extends SessionPorts {
  readonly pool: TargetPool;
  readonly acceptance: AcceptanceBook;
  readonly trace: TraceSink | undefined;
  /** Takes a committed token in; 'stop' when its text completes a stop string. Called in order, never again after 'stop'. */
  readonly commit: (token: CommittedToken) => 'continue' | 'stop';
}

export interface ControllerOptions {
  readonly request: CompiledRequest;
  /** A worker forgets the session after this long without a word. */
  readonly leaseMs: number;
  /** The generation fails when for this long no target made progress with it, or said that its slots are taken. */
  readonly patienceMs: number;
}

export type Ending =
  | { readonly outcome: 'completed'; readonly finishReason: FinishReason }
  | { readonly outcome: 'cancelled'; readonly finishReason: 'cancelled' }
  | { readonly outcome: 'failed'; readonly finishReason: 'error'; readonly error: SlipstreamError };

/** What the workers at hand say of themselves. */
export interface Crew {
  readonly targets: number;
  readonly targetTimes: readonly ForwardTime[];
  /** Milliseconds from one draft to the next, as it is now; undefined: no drafter. */
  readonly draftMs: () => number | undefined;
  /** The same of drafts that an idle target on their host waits for. */
  readonly idleDraftMs: () => number | undefined;
  /** Drafters that are instances of one model. */
  readonly drafters: number;
  /** Whether a drafter whose passes take time runs on a target's host. */
  readonly sharesHost: boolean;
}

/** What all parts of one generation's controller share: the committed prefix, the draft tree, the plan, the counts. */
export class GenerationState {
  readonly committed: TokenPath;
  readonly tree: DraftTree;
  readonly statistics = new Statistics();
  readonly measurements: Measurements;
  readonly usefulness = new DrafterUsefulness();
  private readonly modelled: Planner;
  /** Instead of the planner that relies on predictions, where workers slow each other down. */
  private paced: PacedPlanner | undefined;
  readonly startedAtMs: number;
  epoch = 0;
  numerics: Numerics = 'exact';
  ending: Ending | undefined;
  /** When a target last made progress, or said that its slots are taken: this one waits in line then. */
  progressAtMs: number;
  private crew: Crew | undefined;
  private observedAtTokens = 0;
  private firstAtMs = 0;
  private lastAtMs = 0;

  constructor(
    readonly options: ControllerOptions,
    readonly ports: ControllerPorts,
  ) {
    const { request } = options;
    this.committed = new TokenPath(request.id);
    for (const token of request.promptTokenIds) this.committed.push(token);
    const last = request.promptTokenIds[request.promptTokenIds.length - 1] as number;
    this.tree = new DraftTree(this.committed.hash, this.committed.length, last, (drafter, confidence) =>
      ports.acceptance.trust.belief(drafter, confidence),
    );
    this.startedAtMs = ports.scheduler.now();
    this.progressAtMs = this.startedAtMs;
    this.measurements = new Measurements(ports.acceptance);
    const { mode, lookahead, wait } = request;
    this.modelled = new Planner({ mode, lookahead, wait });
  }

  get plan(): Plan {
    return this.planner.plan;
  }

  get planner(): Planner | PacedPlanner {
    return this.paced ?? this.modelled;
  }

  get request(): CompiledRequest {
    return this.options.request;
  }

  get outputTokens(): number {
    return this.committed.length - this.request.promptTokenIds.length;
  }

  /** Output tokens that may still be committed. */
  get remaining(): number {
    return this.request.maxTokens - this.outputTokens;
  }

  /** Nothing is drafted at or beyond this position: the last token is the verdict's own. */
  get draftEnd(): number {
    return this.request.promptTokenIds.length + this.request.maxTokens - 1;
  }

  /** Nor, for now, at or beyond this one. */
  get draftLimit(): number {
    return Math.min(this.draftEnd, this.tree.root.length + this.plan.ahead);
  }

  /** Whether drafters had better listen to the targets themselves. */
  get draftersListen(): boolean {
    const { crew, plan, measurements } = this;
    if (crew === undefined) return true;
    return draftersListen(plan, crew.draftMs() ?? 0, measurements.hopMs, forwardMs(crew.targetTimes, 1));
  }

  /** How long drafts may wait in a drafter for the rest of their message, milliseconds. */
  get flushMs(): number {
    const { crew, plan } = this;
    if (crew === undefined) return flushMs(plan, 0, Number.POSITIVE_INFINITY);
    return flushMs(plan, crew.draftMs() ?? 0, forwardMs(crew.targetTimes, 1));
  }

  /** Whether targets had better hear the drafts of every job from the drafters themselves. */
  private get targetsListen(): boolean {
    const { crew, plan, measurements } = this;
    if (crew === undefined) return false;
    return targetsListen(plan, crew.draftMs() ?? 0, measurements.hopMs, forwardMs(crew.targetTimes, 1));
  }

  /** T(n) of one target as it was lately; empty before there is one. */
  get targetTimes(): readonly ForwardTime[] {
    return this.crew === undefined ? [] : this.measurements.targetTimes(this.crew.targetTimes);
  }

  /** Workers were lost, or could not be heard for a while. */
  interrupted(): void {
    this.paced?.interrupted();
  }

  /** The workers have changed. */
  replan(crew: Crew): void {
    this.crew = crew;
    const { pool, acceptance } = this.ports;
    const { mode, lookahead, wait } = this.request;
    // Where several generations run, each is slowed down by the others in every mode.
    if (crew.sharesHost && mode === 'auto' && pool.generations === 1 && this.outputTokens === 0)
      this.paced ??= new PacedPlanner(acceptance.pace, { mode, lookahead, wait });
    this.observe();
  }

  policy(): DispatchPolicy {
    const { mode, lookahead, jobTokens, placeCosts, wait } = this.plan;
    return {
      mode,
      lookahead,
      jobTokens,
      placeCosts,
      wait,
      awaitAhead: this.targetsListen,
      extend: PLAIN_EXTEND_TOKENS,
      remaining: this.remaining,
    };
  }

  private observe(): void {
    if (this.crew === undefined) return;
    const { measurements } = this;
    this.observedAtTokens = this.outputTokens;
    this.planner.observe({
      targetTimes: this.targetTimes,
      draftMs: this.planner.goesByThumb(this.crew) ? this.crew.idleDraftMs() : this.crew.draftMs(),
      acceptance: measurements.acceptance,
      decided: measurements.decidedDrafts,
      hopMs: measurements.hopMs,
      jitter: measurements.jitter,
      passes: measurements.passes,
      targets: this.crew.targets,
      drafters: this.crew.drafters,
      sharesHost: this.crew.sharesHost,
      remaining: this.remaining,
    });
  }

  /** Commits everything that the target has decided. True when the committed prefix left every draft. */
  settle(): boolean {
    let rolledBack = false;
    while (this.ending === undefined) {
      const commitment = this.tree.advance();
      if (commitment === undefined) break;
      const { node, refuted, logprobs, right, wrong } = commitment;
      this.committed.push(node.token);
      const { trust } = this.ports.acceptance;
      for (const { drafter, confidence } of right) trust.note(drafter, confidence, true);
      for (const { drafter, confidence } of wrong) trust.note(drafter, confidence, false);
      this.usefulness.noteCommitted(right);
      if (node.drafted) this.measurements.decided(true);
      if (refuted) {
        this.measurements.decided(false);
        rolledBack = true;
      }
      this.release(node.token, node.drafted, logprobs);
    }
    const { root } = this.tree;
    // Not by bad luck, and no other target would say anything else.
    if (root.invalid !== undefined) {
      const error = new InvalidLogitsError(root.length, root.invalid);
      this.end({ outcome: 'failed', finishReason: 'error', error });
    }
    if (this.outputTokens - this.observedAtTokens >= REPLAN_TOKENS) this.observe();
    return rolledBack;
  }

  /** The first ending counts. */
  end(ending: Ending): void {
    if (this.ending !== undefined) return;
    this.ending = ending;
    const { outcome, finishReason } = ending;
    this.record({
      kind: 'generation',
      track: 'controller',
      startMs: this.startedAtMs,
      endMs: this.ports.scheduler.now(),
      data: { mode: this.request.mode, outcome, finishReason, tokens: this.outputTokens },
    });
  }

  record(event: Omit<TraceEvent, 'generation' | 'startMs'> & { startMs?: number }): void {
    const { trace, scheduler } = this.ports;
    trace?.({ startMs: scheduler.now(), ...event, generation: this.request.id });
  }

  result(): GenerationResult {
    const { statistics, tree } = this;
    const tokens = this.outputTokens;
    const predictedMs = this.lastAtMs - this.firstAtMs;
    const plainMs = forwardMs(this.targetTimes, 1);
    const measured = tokens > 1 && predictedMs > 0 ? predictedMs / (tokens - 1) : undefined;
    return {
      finishReason: this.ending?.finishReason ?? 'error',
      timings: {
        promptTokens: this.request.promptTokenIds.length,
        promptMs: tokens === 0 ? 0 : this.firstAtMs - this.startedAtMs,
        predictedTokens: tokens,
        predictedMs,
        draftTokens: tree.confirmedDrafts + tree.refutedDrafts,
        draftTokensAccepted: tree.confirmedDrafts,
      },
      speculation: statistics.report(
        this.plan,
        this.numerics,
        tree,
        measured === undefined ? undefined : plainMs / measured,
      ),
    };
  }

  private release(token: number, drafted: boolean, logprobs: TokenLogprobs | undefined): void {
    const now = this.ports.scheduler.now();
    const seq = this.outputTokens - 1;
    const position = this.committed.length - 1;
    if (seq === 0) this.firstAtMs = now;
    this.lastAtMs = now;
    this.paced?.committed(now);
    this.progressAtMs = now;
    this.record({ kind: 'commit', track: 'controller', startMs: now, data: { position, token, drafted } });
    const verdict = this.ports.commit({ seq, position, token, drafted, logprobs, atMs: now });
    if (verdict === 'stop' || this.request.sampler.endTokenIds.includes(token)) {
      this.end({ outcome: 'completed', finishReason: 'stop' });
    } else if (this.remaining <= 0) {
      this.end({ outcome: 'completed', finishReason: 'length' });
    }
  }
}
