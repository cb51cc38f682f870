import type { CompiledEngineOptions } from '../../../infra/config/engine-options.js';
import type { Logger } from '../../core/logger.js';
import type { TraceSink } from '../../core/trace.js';
import { bringModel } from './bring-model.js';
import { untilInterrupted } from './interrupt.js';
import type { CliIo } from './io.js';
import type { CliEngine, CliServices } from './services.js';

/** Runs `work` with an engine and closes it, whatever happens. Ctrl-C while it starts throws InterruptedError. */
export async function withEngine<Result>(
  options: CompiledEngineOptions,
  io: CliIo,
  services: CliServices,
  deps: { logger: Logger; trace?: TraceSink | undefined },
  work: (engine: CliEngine) => Promise<Result>,
): Promise<Result> {
  const { logger, trace } = deps;
  const { model, drafting, store } = options;
  for (const name of [model, ...drafting.models]) await bringModel(name, store, io, services);
  const engine = await untilInterrupted(
    io.interrupted,
    services.createEngine(options, { logger, ...(trace === undefined ? {} : { trace }) }),
    (late) => late.close(),
  );
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}
