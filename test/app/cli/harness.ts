import { draftingText } from '../../../infra/config/drafting.js';
import type { CompiledEngineOptions } from '../../../infra/config/engine-options.js';
import type { CliIo } from '../../../src/app/cli/io.js';
import { runCli } from '../../../src/app/cli/program.js';
import type { CliEngine, CliServices } from '../../../src/app/cli/services.js';
import type {
  GenerationEnd,
  GenerationHandle,
  GenerationRequest,
  LoggedToken,
} from '../../../src/core/engine.js';
import { type SlipstreamError, UnavailableError } from '../../../src/core/errors.js';
import type { CompiledRequest, FinishReason, GenerationResult } from '../../../src/core/generation.js';
import { compileRequest } from '../../../src/core/request.js';
import type { Tokenizer } from '../../../src/core/tokenizer.js';
import { noCharts } from '../../support/no-charts.js';

/** One token per character. */
export const letters: Tokenizer = {
  vocabularySize: 65_536,
  hash: 'letters',
  endTokenIds: [0],
  specialTokenIds: new Set([0]),
  encode: (text) => Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)),
  tokenBytes: (id) => Buffer.from(String.fromCharCode(id)),
  encodeChat: (messages) => letters.encode(messages.map(({ role, content }) => `${role}:${content}`).join()),
  tokenName: (id) => String.fromCharCode(id),
};

export interface Script {
  /** What the model says, a token per character; a `^` makes the next one undrafted. */
  readonly text?: string;
  /** Ends like this after the text; default `length`. `hang`: only a cancel ends it. */
  readonly end?: 'length' | 'hang' | SlipstreamError;
  readonly drainHangs?: boolean;
}

/** An engine that says what its script says, and remembers what it was asked. */
export class ScriptedEngine implements CliEngine {
  readonly requests: CompiledRequest[] = [];
  readonly calls: string[] = [];
  readonly tokenizer = letters;
  readonly charts = noCharts;
  readonly watchTrace = () => () => {};
  constructor(
    readonly options: CompiledEngineOptions,
    private readonly script: Script,
  ) {}

  create(request: GenerationRequest): Promise<GenerationHandle> {
    if (this.calls.includes('drain')) return Promise.reject(new UnavailableError('draining'));
    try {
      const compiled = compileRequest(request, {
        tokenizer: letters,
        model: { contextTokens: 512 },
        defaults: this.options.defaults,
        newId: () => `g${this.requests.length}`,
        newSeed: () => 7,
      });
      this.requests.push(compiled);
      return Promise.resolve(this.handle(compiled));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  private handle(request: CompiledRequest): GenerationHandle {
    const tokens: LoggedToken[] = [];
    const watchers = new Set<() => void>();
    const changed = () => {
      for (const watcher of watchers) watcher();
    };
    const state: { end: GenerationEnd | undefined } = { end: undefined };
    const finish = (outcome: 'completed' | 'cancelled' | SlipstreamError, finishReason: FinishReason) => {
      if (state.end !== undefined) return;
      const result = resultOf(request, tokens, finishReason);
      state.end =
        typeof outcome === 'string' ? { outcome, result } : { outcome: 'failed', error: outcome, result };
      changed();
    };
    const { text = 'hello', end = 'length' } = this.script;
    const pieces = [...text.matchAll(/(\^?)([\s\S])/g)];
    const step = () => {
      const piece = pieces[tokens.length];
      if (state.end !== undefined) return;
      if (piece === undefined || tokens.length >= request.maxTokens) {
        if (end === 'length') finish('completed', 'length');
        else if (end !== 'hang') finish(end, 'error');
        return;
      }
      const [, undrafted, character = ''] = piece;
      const seq = tokens.length;
      const token = character.charCodeAt(0);
      const likely = { token, bytes: Uint8Array.of(token), logprob: -0.5 };
      tokens.push({
        seq,
        token,
        text: character,
        drafted: undrafted === '',
        atMs: 100 + 10 * seq,
        ...(request.logprobs !== undefined && { logprobs: { ...likely, top: [likely] } }),
      });
      changed();
      setImmediate(step);
    };
    setImmediate(step);
    return {
      id: request.id,
      model: this.options.model,
      drafter: draftingText(this.options.drafting),
      request,
      createdAtMs: 0,
      log: {
        tokens,
        get end() {
          return state.end;
        },
        watch: (watcher) => {
          watchers.add(watcher);
          return () => watchers.delete(watcher);
        },
      },
      cancel: () => {
        this.calls.push('cancel');
        finish('cancelled', 'cancelled');
      },
    };
  }

  find(): undefined {
    return undefined;
  }

  health() {
    return {
      status: 'ready',
      model: this.options.model,
      targets: 1,
      drafters: 1,
      running: 0,
      waiting: 0,
    } as const;
  }

  drain(): Promise<void> {
    this.calls.push('drain');
    return this.script.drainHangs ? new Promise(() => {}) : Promise.resolve();
  }

  close(): Promise<void> {
    this.calls.push('close');
    return Promise.resolve();
  }
}

function resultOf(
  request: CompiledRequest,
  tokens: readonly LoggedToken[],
  finishReason: FinishReason,
): GenerationResult {
  return {
    finishReason,
    timings: {
      promptTokens: request.promptTokenIds.length,
      promptMs: 100,
      predictedTokens: tokens.length,
      predictedMs: 10 * Math.max(0, tokens.length - 1),
      draftTokens: 4,
      draftTokensAccepted: 3,
    },
    speculation: {
      plan: {
        mode: request.mode === 'auto' ? 'dsi' : request.mode,
        lookahead: request.lookahead ?? 4,
        wait: 0,
        ahead: 16,
        leastLikelihood: 0,
        jobTokens: 16,
        placeCosts: [],
        drafters: 1,
        targets: request.targets ?? 2,
        reason: 'scripted',
      },
      numerics: 'exact',
      targets: 2,
      targetForwards: 5,
      drafterForwards: request.mode === 'none' ? 0 : 9,
      rollbacks: 1,
      wastedDrafts: 2,
      acceptance: request.mode === 'none' ? undefined : 0.75,
      staleVerdicts: 0,
      estimatedSpeedup: 1.5,
    },
  };
}

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly engines: readonly ScriptedEngine[];
}

export interface World {
  readonly script?: Script;
  /** Undefined: a terminal. */
  readonly stdin?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  readonly terminal?: boolean;
  /** The terminal cannot move its cursor. */
  readonly dumb?: boolean;
  readonly services?: Partial<CliServices>;
  readonly interrupted?: AbortController;
  readonly outputClosed?: AbortController;
  onStdout?(text: string): void;
  onStderr?(text: string): void;
}

/** Runs a command line in a world of its own. */
export async function run(argv: readonly string[], world: World = {}): Promise<Run> {
  const out = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr', onText?: (text: string) => void) => ({
    isTTY: world.terminal === true,
    colored: world.terminal === true,
    redraws: world.terminal === true && world.dumb !== true,
    columns: 100,
    write: (text: string) => {
      out[name] += text;
      onText?.(text);
      return Promise.resolve();
    },
  });
  const engines: ScriptedEngine[] = [];
  const io: CliIo = {
    stdin: {
      isTTY: world.stdin === undefined,
      async *[Symbol.asyncIterator]() {
        if (world.stdin === 'never ends') await new Promise(() => {});
        if (world.stdin !== undefined) yield Buffer.from(world.stdin);
      },
    },
    stdout: output('stdout', (text) => world.onStdout?.(text)),
    stderr: output('stderr', (text) => world.onStderr?.(text)),
    interrupted: (world.interrupted ?? new AbortController()).signal,
    outputClosed: (world.outputClosed ?? new AbortController()).signal,
    context: (nameOf) => ({
      environment: world.environment ?? {},
      cores: 4,
      cacheFolder: '/nowhere',
      hostName: 'host-1',
      unreadable: () => undefined,
      nameOf,
    }),
  };
  const unexpected = () => Promise.reject(new Error('this command needs no such service'));
  const code = await runCli(argv, io, {
    createEngine: (options) => {
      const engine = new ScriptedEngine(options, world.script ?? {});
      engines.push(engine);
      return Promise.resolve(engine);
    },
    bringModel: () => Promise.resolve(),
    fittingDrafters: () => Promise.resolve([]),
    checkListenAddress: () => Promise.resolve(),
    startGateway: unexpected,
    runWorker: unexpected,
    ...world.services,
  });
  return { code, ...out, engines };
}
