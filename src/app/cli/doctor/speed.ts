import type { CompiledModelStoreOptions } from '../../../../infra/config/model-store-options.js';
import { processorName, readBenchRecord } from '../bench/bench-record.js';
import type { Check } from './check.js';

/** Which drafter and mode were measured to be the fastest here. */
export function speedCheck({ cacheFolder }: CompiledModelStoreOptions): Check {
  const what = 'speed';
  return {
    what,
    examine: () => {
      const found = readBenchRecord(cacheFolder);
      if (found === undefined)
        return { what, status: 'warning', detail: 'not measured yet: run slipstream bench --quick' };
      const { record, measuredAt } = found;
      if (record.processor !== processorName())
        return {
          what,
          status: 'warning',
          detail: `measured on ${record.processor}: run slipstream bench --quick`,
        };
      const { model, drafter, mode, tokens_per_second, times_plain } = record;
      const flags = `--model '${model}' --drafter '${drafter}' --mode ${mode}`;
      const speed = `${tokens_per_second} tokens/s, ${times_plain.toFixed(2)} times plain decoding`;
      return {
        what,
        status: 'ok',
        detail: `use ${flags}: ${speed} (measured ${measuredAt.toISOString().slice(0, 10)})`,
      };
    },
  };
}
