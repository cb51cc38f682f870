import type { Command } from 'commander';
import type { Cli } from '../services.js';
import { addHeatmapCommand } from './heatmap.js';
import { addAcceptanceCommand, addLatencyCommand } from './pair.js';
import { addRelaxedCommand } from './relaxed.js';
import { addTable2Command } from './table2.js';

const EXAMPLES = `
Examples:
  slipstream experiment table2 --rows vicuna7-alpaca,phi3-mbpp --seeds 3
  slipstream experiment heatmap --out .
  slipstream experiment acceptance --model smollm2 --drafter ngram --prompt-file prompts.json
  slipstream experiment relaxed --scenarios latency,drafter --json
`;

export function addExperimentCommand(program: Command, cli: Cli): void {
  const experiments = program
    .command('experiment')
    .description("the DSI paper's experiments, and what becomes of its assumptions")
    .addHelpText('after', EXAMPLES);
  addTable2Command(experiments, cli);
  addHeatmapCommand(experiments, cli);
  addAcceptanceCommand(experiments, cli);
  addLatencyCommand(experiments, cli);
  addRelaxedCommand(experiments, cli);
}
