/** The library's one door. Importing it loads no native code; `createEngine` does. */
export type { EngineOptions } from '../infra/config/engine-options.js';
export type { EngineInfo } from './app/engine.js';
export { createEngine, type Engine, type EngineHooks, type Generation } from './app/library.js';
export type {
  GenerationRequest,
  LoggedLogprobs,
  LoggedToken,
  ServiceHealth,
  TokenLogprob,
} from './core/engine.js';
export {
  BusyError,
  ContextLengthError,
  DownloadError,
  GenerationNotFoundError,
  InvalidOptionError,
  ModelFormatError,
  ModelNotFoundError,
  NatsUnavailableError,
  NoWorkerError,
  SlipstreamError,
  TokenizerMismatchError,
  UnavailableError,
  VerdictConflictError,
  WorkerFailedError,
} from './core/errors.js';
export type {
  CompiledRequest,
  FinishReason,
  GenerationMode,
  GenerationResult,
  GenerationTimings,
  Plan,
  RequestMode,
  SpeculationReport,
} from './core/generation.js';
export type { Logger } from './core/logger.js';
export type { TraceEvent, TraceSink } from './core/trace.js';
