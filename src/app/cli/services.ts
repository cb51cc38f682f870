import type { CompiledEngineOptions } from '../../../infra/config/engine-options.js';
import type { CompiledGatewayOptions } from '../../../infra/config/gateway-options.js';
import type { CompiledModelStoreOptions } from '../../../infra/config/model-store-options.js';
import type { CompiledWorkerOptions } from '../../../infra/config/worker-options.js';
import type { OnModelProgress } from '../../../infra/models/progress.js';
import type { NatsConnectionOptions } from '../../../infra/nats/connection-options.js';
import type { Logger } from '../../core/logger.js';
import type { Tokenizer } from '../../core/tokenizer.js';
import type { TraceSink } from '../../core/trace.js';
import type { ServedEngine } from '../edges.js';
import type { WorkerEnd } from '../worker.js';
import type { ExitCode } from './exit-codes.js';
import type { CliIo } from './io.js';

/** What a command gets. */
export interface Cli {
  readonly io: CliIo;
  readonly services: CliServices;
  exit(code: ExitCode): void;
}

/** What commands use of the rest of the house. Loaded only when a command needs it, so that the CLI starts fast. */
export interface CliServices {
  /** Makes sure that a model is here: downloads and imports it when it is not. */
  bringModel(name: string, store: CompiledModelStoreOptions, onProgress: OnModelProgress): Promise<void>;
  /** Models that are here and can draft for another. */
  fittingDrafters(
    model: string,
    store: CompiledModelStoreOptions,
    logger: Logger,
  ): Promise<readonly string[]>;
  createEngine(
    options: CompiledEngineOptions,
    deps: { readonly logger: Logger; readonly trace?: TraceSink },
  ): Promise<CliEngine>;
  /** Rejects when `startGateway` could not listen there. */
  checkListenAddress(options: CompiledGatewayOptions): Promise<void>;
  startGateway(
    options: CompiledGatewayOptions,
    deps: {
      readonly service: CliEngine;
      readonly logger: Logger;
      /** Where producers ask over NATS; undefined: they do not. */
      readonly nats: NatsConnectionOptions | undefined;
    },
  ): Promise<CliGateway>;
  /** Resolves when the worker has drained after `signal`; rejects when it cannot go on and nobody was told why. */
  runWorker(
    options: CompiledWorkerOptions,
    deps: { readonly logger: Logger; readonly signal: AbortSignal },
  ): Promise<WorkerEnd>;
}

export interface CliEngine extends ServedEngine {
  readonly tokenizer: Tokenizer;
  /** Refuses new requests; resolves when none runs any more. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export interface CliGateway {
  /** Where it listens, such as http://127.0.0.1:8080. */
  readonly url: string;
  /** Takes nobody new; resolves when all that clients follow has ended. */
  drain(): Promise<void>;
  close(): Promise<void>;
}
