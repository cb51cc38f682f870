import type { CompiledModelStoreOptions } from '../../../infra/config/model-store-options.js';
import { untilInterrupted } from './interrupt.js';
import type { CliIo } from './io.js';
import { showProgress } from './model-progress.js';
import type { CliServices } from './services.js';

/** Makes sure that a model is here and shows how far that has come. Ctrl-C throws InterruptedError. */
export async function bringModel(
  name: string,
  store: CompiledModelStoreOptions,
  io: CliIo,
  services: CliServices,
): Promise<void> {
  const progress = showProgress(name, io.stderr);
  try {
    await untilInterrupted(io.interrupted, services.bringModel(name, store, progress.update), () => {});
  } finally {
    progress.end();
  }
}
