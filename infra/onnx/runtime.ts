import './without-telemetry.js';
import { env, InferenceSession, listSupportedBackends } from 'onnxruntime-node';
import type { Provider } from './provider.js';

/** The one file that imports onnxruntime-node. */
export { type InferenceSession, Tensor } from 'onnxruntime-node';

export const RUNTIME_VERSION: string = env.versions.node ?? env.versions.common;

export interface SessionOptions {
  readonly threads: number;
  readonly provider: Provider;
}

/**
 * Loads a model from its file or its bytes; blocks the thread meanwhile. A thread that waits for work sleeps instead
 * of spinning, since models share the machine's cores.
 */
export function createSession(
  model: string | Uint8Array,
  { threads, provider }: SessionOptions,
): Promise<InferenceSession> {
  // Two signatures: the types know no union.
  const create = InferenceSession.create as (
    model: string | Uint8Array,
    options: InferenceSession.SessionOptions,
  ) => Promise<InferenceSession>;
  return create(model, {
    executionProviders: [provider],
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
}

/** The providers this build of the runtime knows; of one that is not bundled the libraries may be missing. */
export function supportedProviders(): readonly { readonly name: string; readonly bundled: boolean }[] {
  return listSupportedBackends();
}
