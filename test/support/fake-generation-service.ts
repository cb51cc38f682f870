import type {
  GenerationEnd,
  GenerationHandle,
  GenerationLog,
  GenerationRequest,
  GenerationService,
  LoggedToken,
  ServiceHealth,
} from '../../src/core/engine.js';
import type { SlipstreamError } from '../../src/core/errors.js';
import type { CompiledRequest, FinishReason, GenerationResult } from '../../src/core/generation.js';
import { neutralSampler } from '../../src/core/sampler-parameters.js';
import type { Cancel } from '../../src/core/scheduler.js';

/** A log that a test writes, and that knows how far it was read. */
class ScriptedLog implements GenerationLog {
  readonly written: LoggedToken[] = [];
  /** The largest seq that a reader has asked for. */
  furthestRead = -1;
  end: GenerationEnd | undefined;
  private readonly watchers = new Set<() => void>();
  private readonly countWaiters = new Set<() => void>();

  readonly tokens: readonly LoggedToken[] = new Proxy(this.written, {
    get: (target, key, receiver) => {
      const seq = typeof key === 'string' ? Number(key) : Number.NaN;
      if (seq < target.length) this.furthestRead = Math.max(this.furthestRead, seq);
      return Reflect.get(target, key, receiver);
    },
  });

  get watcherCount(): number {
    return this.watchers.size;
  }

  watch(changed: () => void): Cancel {
    const watcher = () => changed();
    this.watchers.add(watcher);
    this.tellCount();
    return () => {
      this.watchers.delete(watcher);
      this.tellCount();
    };
  }

  /** Settles when so many watch. */
  watchedBy(count: number): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (this.watchers.size !== count) return;
        this.countWaiters.delete(check);
        resolve();
      };
      this.countWaiters.add(check);
      check();
    });
  }

  /** Commits one token per text, telling the readers after each. */
  append(...texts: readonly string[]): void {
    for (const text of texts) this.commit({ text });
  }

  /** Commits a token; what is not given is made up. */
  commit(token: Partial<LoggedToken>): void {
    const seq = this.written.length;
    this.written.push({ seq, token: 1000 + seq, text: '', drafted: seq % 2 === 1, atMs: seq, ...token });
    this.tell();
  }

  finish(end: GenerationEnd): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.tell();
  }

  private tellCount(): void {
    for (const waiter of [...this.countWaiters]) waiter();
  }

  private tell(): void {
    for (const watcher of [...this.watchers]) watcher();
  }
}

export class ScriptedGeneration implements GenerationHandle {
  readonly model = 'scripted';
  readonly drafter = 'guesses';
  readonly createdAtMs = 0;
  readonly log = new ScriptedLog();

  constructor(readonly request: CompiledRequest) {}

  get id(): string {
    return this.request.id;
  }

  cancel(): void {
    this.log.finish({ outcome: 'cancelled', result: this.result('cancelled') });
  }

  complete(finishReason: FinishReason = 'stop'): void {
    this.log.finish({ outcome: 'completed', result: this.result(finishReason) });
  }

  fail(error: SlipstreamError): void {
    this.log.finish({ outcome: 'failed', error, result: this.result('error') });
  }

  private result(finishReason: FinishReason): GenerationResult {
    const predictedTokens = this.log.written.length;
    return {
      finishReason,
      timings: {
        promptTokens: this.request.promptTokenIds.length,
        promptMs: 5,
        predictedTokens,
        predictedMs: 10 * predictedTokens,
        draftTokens: 4,
        draftTokensAccepted: 3,
      },
      speculation: {
        plan: {
          mode: 'dsi',
          lookahead: 1,
          wait: 0,
          ahead: 8,
          leastLikelihood: 0,
          jobTokens: 8,
          placeCosts: [],
          targets: 2,
          drafters: 1,
          reason: 'scripted',
        },
        numerics: 'exact',
        targets: 2,
        targetForwards: 6,
        drafterForwards: 7,
        rollbacks: 1,
        wastedDrafts: 2,
        acceptance: 0.75,
        staleVerdicts: 0,
        estimatedSpeedup: undefined,
      },
    };
  }
}

/** An engine that says what the test writes into its generations' logs. */
export class FakeGenerationService implements GenerationService {
  readonly requests: GenerationRequest[] = [];
  readonly generations: ScriptedGeneration[] = [];
  status: ServiceHealth['status'] = 'ready';
  /** What `create` waits for, and may fail with. */
  gate: () => Promise<void> = async () => {};
  /** Plays a generation as soon as it is created. */
  script: (generation: ScriptedGeneration) => void = () => {};

  async create(request: GenerationRequest): Promise<GenerationHandle> {
    this.requests.push(request);
    await this.gate();
    const generation = new ScriptedGeneration(compiled(request, `generation-${this.generations.length}`));
    this.generations.push(generation);
    this.script(generation);
    return generation;
  }

  find(id: string): ScriptedGeneration | undefined {
    return this.generations.find((generation) => generation.id === id);
  }

  health(): ServiceHealth {
    return { status: this.status, model: 'scripted', targets: 2, drafters: 1, running: 0, waiting: 0 };
  }
}

function compiled(request: GenerationRequest, id: string): CompiledRequest {
  return {
    id,
    promptTokenIds: [1, 2, 3],
    seed: request.seed ?? 7,
    maxTokens: request.maxTokens ?? 256,
    stop: typeof request.stop === 'string' ? [request.stop] : [...(request.stop ?? [])],
    mode: request.mode ?? 'dsi',
    lookahead: request.lookahead,
    logprobs: request.logprobs,
    targets: request.targets,
    sampler: {
      ...neutralSampler,
      temperature: request.temperature ?? neutralSampler.temperature,
      topK: request.topK ?? neutralSampler.topK,
      logitBias: Object.entries(request.logitBias ?? {}).map(([token, bias]) => [Number(token), bias]),
      endTokenIds: request.ignoreEndTokens ? [] : [0],
      promptLength: 3,
    },
  };
}
