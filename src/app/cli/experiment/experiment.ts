import type { Command } from 'commander';
import type { Cli } from '../services.js';
import { addHeatmapCommand } from './heatmap.js';

const EXAMPLES = `
Examples:
  slipstream experiment heatmap --out .
`;

export function addExperimentCommand(program: Command, cli: Cli): void {
  const experiments = program
    .command('experiment')
    .description("the DSI paper's experiments, and what becomes of its assumptions")
    .addHelpText('after', EXAMPLES);
  addHeatmapCommand(experiments, cli);
}
