import type { Command } from 'commander';
import type { Cli } from '../services.js';
import { addHeatmapCommand } from './heatmap.js';
import { addRelaxedCommand } from './relaxed.js';

const EXAMPLES = `
Examples:
  slipstream experiment heatmap --out .
  slipstream experiment relaxed --scenarios latency,drafter --json
`;

export function addExperimentCommand(program: Command, cli: Cli): void {
  const experiments = program
    .command('experiment')
    .description("the DSI paper's experiments, and what becomes of its assumptions")
    .addHelpText('after', EXAMPLES);
  addHeatmapCommand(experiments, cli);
  addRelaxedCommand(experiments, cli);
}
