import type { Command } from 'commander';
import {
  compileHeatmapOptions,
  heatmapOptionDefinitions,
} from '../../../../infra/config/experiments/heatmap-options.js';
import { addFlags, flagName, readFlags } from '../option-flags.js';
import type { Cli } from '../services.js';
import { addOutputFlags, openOutput, present } from './present.js';

export function addHeatmapCommand(experiments: Command, cli: Cli): void {
  const command = experiments
    .command('heatmap')
    .description('speed ratios over drafter latency and acceptance, by the closed forms (offline)');
  addFlags(command, heatmapOptionDefinitions);
  addOutputFlags(command);
  command.action(async () => {
    const options = compileHeatmapOptions(readFlags(command, heatmapOptionDefinitions), {
      nameOf: flagName(heatmapOptionDefinitions),
    });
    const output = openOutput(command);
    const { runHeatmap } = await import('../../experiments/heatmap.js');
    cli.exit(await present(command, cli.io, output, options, runHeatmap(options)));
  });
}
