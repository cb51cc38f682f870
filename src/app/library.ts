import { filter, map, type Observable, tap } from 'rxjs';
import type { EngineOptions } from '../../infra/config/engine-options.js';
import type { OnModelProgress } from '../../infra/models/progress.js';
import { followLog } from '../../streams/follow-log.js';
import type { GenerationHandle, GenerationRequest, LoggedToken, ServiceHealth } from '../core/engine.js';
import type { CompiledRequest, GenerationResult } from '../core/generation.js';
import { type Logger, silentLogger } from '../core/logger.js';
import { textOf } from '../core/text-of.js';
import type { TraceSink } from '../core/trace.js';
import type { ActorInspector } from './actor-options.js';
import type { EngineInfo, Engine as RunningEngine } from './engine.js';

/** What may be given to `createEngine` besides the options that flags and environment know too. */
export interface EngineHooks {
  /** Default: silent. */
  readonly logger?: Logger;
  /** Sees every draft, job, pass, verdict, rollback and commit. */
  readonly trace?: TraceSink;
  /** Sees every event and snapshot of the state charts in this process. */
  readonly inspect?: ActorInspector;
  /** Told of downloads and imports. */
  readonly onProgress?: OnModelProgress;
}

/** One answer as it is committed. Iterating to the end does not cancel; leaving the loop early does. */
export interface Generation extends AsyncIterable<LoggedToken> {
  readonly id: string;
  /** The request with every default filled in; the seed that was drawn. */
  readonly request: CompiledRequest;
  /** Every token from the first on, whenever subscribed; fails as the generation does. Unsubscribing cancels nothing. */
  readonly tokens$: Observable<LoggedToken>;
  /** Rejects with a SlipstreamError when the generation fails; a cancelled one has finishReason `cancelled`. */
  readonly result: Promise<GenerationResult>;
  /** The whole text, when it has ended. */
  text(): Promise<string>;
  cancel(): void;
}

/** Drafter, targets, nats-server and all, behind one object. */
export interface Engine extends AsyncDisposable {
  readonly info: EngineInfo;
  /** Throws InvalidOptionError, ContextLengthError, BusyError or UnavailableError. */
  generate(request: GenerationRequest): Promise<Generation>;
  health(): ServiceHealth;
  /** Refuses new requests; resolves when none runs any more. */
  drain(): Promise<void>;
  /** Cancels what runs and ends everything that was started. Closing twice is harmless. */
  close(): Promise<void>;
}

/**
 * Starts an engine: resolves when a target can serve. Options and their defaults: docs/configuration.md. Throws
 * InvalidOptionError, ModelNotFoundError, ModelFormatError, DownloadError, TokenizerMismatchError,
 * NatsUnavailableError, WorkerFailedError or NoWorkerError.
 */
export async function createEngine(options: EngineOptions & EngineHooks = {}): Promise<Engine> {
  const { logger, trace, inspect, onProgress, ...engineOptions } = options;
  const [{ createEngine: start }, { compileEngineOptions }] = await Promise.all([
    import('./engine.js'),
    import('../../infra/config/engine-options.js'),
  ]);
  const compiled = compileEngineOptions(engineOptions);
  return new LibraryEngine(
    await start(compiled, { logger: logger ?? silentLogger, trace, inspect, onProgress }),
  );
}

class LibraryEngine implements Engine {
  constructor(private readonly engine: RunningEngine) {}

  get info(): EngineInfo {
    return this.engine.info;
  }

  async generate(request: GenerationRequest): Promise<Generation> {
    return openGeneration(await this.engine.create(request));
  }

  health(): ServiceHealth {
    return this.engine.health();
  }

  drain(): Promise<void> {
    return this.engine.drain();
  }

  close(): Promise<void> {
    return this.engine.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.engine.close();
  }
}

function openGeneration(handle: GenerationHandle): Generation {
  const tokens$ = followTokens(handle);
  const result = new Promise<GenerationResult>((resolve, reject) => {
    followLog(handle.log, -1).subscribe((event) => {
      if (event.type !== 'end') return;
      if (event.end.outcome === 'failed') reject(event.end.error);
      else resolve(event.end.result);
    });
  });
  result.catch(() => {});
  return {
    id: handle.id,
    request: handle.request,
    tokens$,
    result,
    text: async () => {
      await result;
      return textOf(handle.log.tokens);
    },
    cancel: () => handle.cancel(),
    [Symbol.asyncIterator]: () => iterate(handle),
  };
}

function followTokens(handle: GenerationHandle): Observable<LoggedToken> {
  return followLog(handle.log, -1).pipe(
    tap((event) => {
      if (event.type === 'end' && event.end.outcome === 'failed') throw event.end.error;
    }),
    filter((event) => event.type === 'token'),
    map(({ token }) => token),
  );
}

/** Reads the log at the pace of the loop: nothing is queued. */
async function* iterate({ log, cancel }: GenerationHandle): AsyncGenerator<LoggedToken, void, void> {
  let next = 0;
  let wake = () => {};
  const stop = log.watch(() => wake());
  try {
    for (;;) {
      const token = log.tokens[next];
      if (token !== undefined) {
        next++;
        yield token;
      } else if (log.end !== undefined) {
        if (log.end.outcome === 'failed') throw log.end.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    stop();
    if (log.end === undefined) cancel();
  }
}
