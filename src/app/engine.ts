import type { ClosedSessions } from '../../actors/rollback-controller/closed-sessions.js';
import { draftingText } from '../../infra/config/drafting.js';
import type { CompiledEngineOptions } from '../../infra/config/engine-options.js';
import { newGenerationId, newSeed } from '../../infra/ids/random-ids.js';
import type { ChartSource } from '../core/chart-frames.js';
import type {
  GenerationHandle,
  GenerationRequest,
  GenerationService,
  ServiceHealth,
} from '../core/engine.js';
import {
  errorMessage,
  GenerationNotFoundError,
  UnavailableError,
  WorkerFailedError,
} from '../core/errors.js';
import type { CompiledRequest } from '../core/generation.js';
import type { Numerics } from '../core/model.js';
import { prepareRequest } from '../core/request.js';
import type { Cancel } from '../core/scheduler.js';
import type { Tokenizer } from '../core/tokenizer.js';
import type { TraceSink } from '../core/trace.js';
import { Admission } from './admission.js';
import { type Cluster, openCluster } from './cluster.js';
import { connectClosedSessions } from './connect-closed-sessions.js';
import { emptyResult } from './empty-result.js';
import type { EngineDeps } from './engine-deps.js';
import { type RunningGeneration, startGeneration } from './generation.js';
import { ReleasedLog } from './released-log.js';

export interface EngineInfo {
  readonly model: string;
  readonly drafter: string | undefined;
  readonly numerics: Numerics;
  readonly contextTokens: number;
}

/** A generation that has ended stays readable for this long. */
const KEEP_MS = 60_000;
/** A worker forgets a generation whose gateway is silent for this long. */
const LEASE_MS = 30_000;
/** A generation fails when for this long no target made progress with it, or said that it is busy with others. */
const PATIENCE_MS = 60_000;

/** Everything one gateway runs: workers, bus, generations. Made by `createEngine`. */
export class Engine implements GenerationService {
  private readonly generations = new Map<string, GenerationHandle>();
  private readonly admission: Admission;
  private readonly closedSessions: ClosedSessions;
  private readonly forgetting = new Set<Cancel>();
  private readonly traceSinks: Set<TraceSink>;
  private status: 'ready' | 'draining' = 'ready';
  private closing: Promise<void> | undefined;

  constructor(
    private readonly options: CompiledEngineOptions,
    private readonly deps: EngineDeps,
    private readonly cluster: Cluster,
  ) {
    this.admission = new Admission(options.parallel, options.queue);
    this.closedSessions = connectClosedSessions(cluster.ports, cluster.directory, LEASE_MS);
    this.traceSinks = new Set([cluster.charts.trace, ...(deps.trace === undefined ? [] : [deps.trace])]);
  }

  get tokenizer(): Tokenizer {
    return this.cluster.tokenizer;
  }

  /** The state charts of every process that it shares a bus with. */
  get charts(): ChartSource {
    return this.cluster.charts.source;
  }

  get info(): EngineInfo {
    const { model } = this.options;
    return { model, drafter: this.drafterName, ...this.cluster.targetInfo() };
  }

  get placesPerRequest(): number {
    return this.admission.placesPerRequest;
  }

  async create(request: GenerationRequest): Promise<GenerationHandle> {
    this.checkReady();
    const { prompt, complete } = prepareRequest(request, {
      tokenizer: this.tokenizer,
      model: this.cluster.targetInfo(),
      defaults: this.options.defaults,
      newId: newGenerationId,
      newSeed,
    });
    const encoded = this.cluster.promptEncoder.encode(prompt);
    const tokenIds = encoded instanceof Promise ? await encoded : encoded;
    this.checkReady();
    return this.start(complete(tokenIds), request.rawPrompt !== undefined);
  }

  find(id: string): GenerationHandle | undefined {
    return this.generations.get(id);
  }

  /** Throws GenerationNotFoundError. */
  get(id: string): GenerationHandle {
    const found = this.find(id);
    if (found === undefined) throw new GenerationNotFoundError(id);
    return found;
  }

  health(): ServiceHealth {
    const workers = this.cluster.pin.list();
    const targets = workers.filter(({ role }) => role === 'target').length;
    return {
      status: this.status === 'ready' && targets === 0 ? 'no_target' : this.status,
      model: this.options.model,
      targets,
      drafters: workers.filter(({ role }) => role === 'drafter').length,
      running: this.admission.runningCount,
      waiting: this.admission.waitingCount,
    };
  }

  /** Tells `sink` of what all generations do from now on. */
  watchTrace(sink: TraceSink): Cancel {
    this.traceSinks.add(sink);
    return () => this.traceSinks.delete(sink);
  }

  /** Refuses new requests; resolves when none runs any more. */
  drain(): Promise<void> {
    if (this.status === 'ready') this.status = 'draining';
    return this.admission.drain('the engine is draining');
  }

  /** Cancels what runs and ends workers and server. Closing twice is harmless. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private checkReady(): void {
    if (this.status !== 'ready') throw new UnavailableError(`the engine is ${this.status}`);
  }

  private get drafterName(): string | undefined {
    return draftingText(this.options.drafting);
  }

  private readonly trace: TraceSink = (event) => {
    for (const sink of this.traceSinks) sink(event);
  };

  private start(request: CompiledRequest, raw: boolean): GenerationHandle {
    const { cluster, deps } = this;
    const log = new ReleasedLog();
    let running: RunningGeneration | undefined;
    let stopListening: Cancel = () => {};
    const start = () => {
      stopListening();
      running = startGeneration({
        request,
        ports: cluster.ports,
        pool: cluster.pool,
        acceptance: cluster.acceptance,
        closedSessions: this.closedSessions,
        workers: cluster.pin.forGeneration(),
        tokenizer: cluster.tokenizer,
        raw,
        log,
        leaseMs: LEASE_MS,
        patienceMs: PATIENCE_MS,
        trace: this.trace,
        inspect: deps.inspect,
        charts: cluster.charts,
        onEnd: () => {
          this.admission.leave();
          this.forgetLater(request.id);
        },
      });
    };
    const leaveQueue = this.admission.enter(start, (cause) => {
      const { logger } = cluster.ports;
      logger.error({ generation: request.id, problem: errorMessage(cause) }, 'generation could not begin');
      const error = new WorkerFailedError(`the generation could not begin: ${errorMessage(cause)}`, {
        cause,
      });
      log.finish({ outcome: 'failed', error, result: emptyResult(request, 'error') });
      this.forgetLater(request.id);
    });
    const handle: GenerationHandle = {
      id: request.id,
      model: this.options.model,
      drafter: this.drafterName,
      request,
      createdAtMs: cluster.ports.scheduler.now(),
      log,
      cancel: () => {
        if (running !== undefined) return running.cancel();
        leaveQueue();
        stopListening();
        if (log.end !== undefined) return;
        log.finish({ outcome: 'cancelled', result: emptyResult(request, 'cancelled') });
        this.forgetLater(request.id);
      },
    };
    this.generations.set(request.id, handle);
    // Once it runs its controller hears that.
    if (running === undefined)
      stopListening = cluster.ports.bus.subscribe(
        cluster.ports.subjects.generationControl(request.id),
        ({ message }) => {
          if (message.type === 'generation.cancelled') handle.cancel();
        },
      );
    return handle;
  }

  private forgetLater(id: string): void {
    const cancel = this.cluster.ports.scheduler.schedule(KEEP_MS, () => {
      this.generations.delete(id);
      this.forgetting.delete(cancel);
    });
    this.forgetting.add(cancel);
  }

  private async end(): Promise<void> {
    this.status = 'draining';
    for (const handle of this.generations.values()) handle.cancel();
    await this.admission.drain('the engine is closed');
    for (const cancel of this.forgetting) cancel();
    await this.cluster.close();
  }
}

/** Starts what the options ask for; resolves when a target (and the drafter, if it is local) can serve. */
export async function createEngine(options: CompiledEngineOptions, deps: EngineDeps): Promise<Engine> {
  const cluster = await openCluster(options, deps);
  return new Engine(options, deps, cluster);
}
