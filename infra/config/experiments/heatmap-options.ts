import { resolveGiven } from '../given-options.js';
import { integerOption, type OptionDefinitions } from '../option.js';
import type { ConfigContext } from '../resolve.js';
import { simulationOptionDefinitions } from '../simulation-options.js';

/** What `slipstream experiment heatmap` is told. */
export interface HeatmapOptions {
  readonly cells?: number;
  readonly targets?: number;
  readonly mostLookahead?: number;
}

export const heatmapOptionDefinitions: OptionDefinitions<HeatmapOptions> = {
  cells: integerOption({
    flag: 'cells',
    minimum: 2,
    maximum: 1001,
    description: 'values of drafter latency and of acceptance',
    defaultText: '101',
  }),
  targets: simulationOptionDefinitions.targets,
  mostLookahead: integerOption({
    flag: 'most-lookahead',
    placeholder: 'K',
    minimum: 1,
    maximum: 1000,
    description: 'the largest lookahead that is tried',
    defaultText: '64',
  }),
};

/** Checks and completes. Throws InvalidOptionError naming the field as the caller spells it. */
export function compileHeatmapOptions(
  options: HeatmapOptions,
  context: Pick<ConfigContext, 'nameOf'>,
): Required<HeatmapOptions> {
  const values = resolveGiven(heatmapOptionDefinitions, options, context);
  return Object.freeze({ cells: 101, targets: 7, mostLookahead: 64, ...values });
}
