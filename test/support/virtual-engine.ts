import { draftingText } from '../../infra/config/drafting.js';
import type { CompiledEngineOptions } from '../../infra/config/engine-options.js';
import { simTokenizer } from '../../infra/sim/words.js';
import type { CliEngine } from '../../src/app/cli/services.js';
import { createVirtualCluster } from '../../src/app/simulation/virtual-cluster.js';
import type { GenerationHandle } from '../../src/core/engine.js';
import { compileRequest } from '../../src/core/request.js';
import type { TraceSink } from '../../src/core/trace.js';
import { noCharts } from './no-charts.js';

/** An engine whose simulated models pass virtual time: the same every time, whatever else the machine does. */
export function createVirtualEngine(
  options: CompiledEngineOptions,
  deps: { readonly trace?: TraceSink; readonly latencyMs?: number } = {},
): CliEngine {
  const { model, drafting, local } = options;
  const { latencyMs = 0 } = deps;
  const cluster = createVirtualCluster({
    target: model,
    targets: local.targets,
    drafters: drafting.models.flatMap((url) => Array.from({ length: local.drafters }, () => url)),
    faults: { delayMs: latencyMs },
    ...(deps.trace === undefined ? {} : { trace: deps.trace }),
  });
  cluster.runFor(latencyMs + 1);
  let count = 0;
  return {
    tokenizer: simTokenizer,
    charts: noCharts,
    watchTrace: () => () => {},
    create: async (request): Promise<GenerationHandle> => {
      const compiled = compileRequest(request, {
        tokenizer: simTokenizer,
        model: { contextTokens: 65_536 },
        defaults: options.defaults,
        newId: () => `virtual-${count++}`,
        newSeed: () => 1,
      });
      const { log, cancel } = cluster.generate(compiled);
      setImmediate(() => cluster.scheduler.run({ until: () => log.end !== undefined }));
      return {
        id: compiled.id,
        model,
        drafter: draftingText(drafting),
        request: compiled,
        createdAtMs: cluster.scheduler.now(),
        log,
        cancel,
      };
    },
    find: () => undefined,
    placesPerRequest: 1,
    health: () => ({
      status: 'ready',
      model,
      targets: local.targets,
      drafters: local.drafters,
      running: 0,
      waiting: 0,
    }),
    drain: async () => {},
    close: async () => void cluster.shutDown(),
  };
}
