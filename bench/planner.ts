import { textTable } from '../src/app/text-table.js';
import { type Cell, type CellResult, runCell } from './lib/planner-cell.js';

/**
 * Auto against the best fixed plan over a grid of situations: `npx tsx bench/planner.ts [--quick] [--json]`. Prints how
 * many cells there are, how many keep what is promised, and those that do not.
 */
const PROMISED = 0.98;
const quick = process.argv.includes('--quick');
/** Pass times that vary as much as this need many: those of auto and of a fixed plan are not the same draws. */
const TOKENS = quick ? 1000 : 6000;

const axes = quick
  ? {
      ratio: [0.7, 2, 5, 12, 50],
      acceptance: [0, 0.3, 0.6, 0.8, 0.95],
      targets: [1, 4, 16],
      latency: [0, 0.02, 0.5],
      noise: [0],
    }
  : {
      ratio: [0.7, 1.5, 3, 5, 10, 20, 50],
      acceptance: [0, 0.2, 0.4, 0.6, 0.8, 0.9, 1],
      targets: [1, 2, 4, 8, 16],
      latency: [0, 0.02, 0.1, 0.5],
      noise: [0, 0.2, 0.5],
    };

const cells: Cell[] = axes.ratio.flatMap((ratio) =>
  axes.acceptance.flatMap((acceptance) =>
    axes.targets.flatMap((targets) =>
      axes.latency.flatMap((latency) =>
        axes.noise.map((noise) => ({ ratio, acceptance, targets, latency, noise })),
      ),
    ),
  ),
);

const results = cells.map((cell, index) => runCell(cell, TOKENS, index + 1));
const failed = results.filter(({ ofBest, ofNone }) => ofBest < PROMISED || ofNone < PROMISED);
const summary = {
  cells: cells.length,
  kept: cells.length - failed.length,
  least_of_best: Math.min(...results.map(({ ofBest }) => ofBest)),
  least_of_none: Math.min(...results.map(({ ofNone }) => ofNone)),
  most_learning_passes: Math.max(...results.map(({ learningPasses }) => learningPasses)),
  mean_learning_passes: results.reduce((sum, { learningPasses }) => sum + learningPasses, 0) / results.length,
};

if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ summary, results })}\n`);
else {
  const rows = failed.sort((a, b) => a.ofBest - b.ofBest).map(rowOf);
  const header = ['T/c', 'a', 'SP', 'l/T', 'noise', 'of best', 'of none', 'auto', 'best', 'learning'];
  process.stdout.write(textTable(header, rows));
  process.stdout.write(`${JSON.stringify(summary)}\n`);
}

function rowOf(result: CellResult): string[] {
  const { ratio, acceptance, targets, latency, noise, ofBest, ofNone } = result;
  return [
    ...[ratio, acceptance, targets, latency, noise].map(String),
    ofBest.toFixed(3),
    ofNone.toFixed(3),
    result.autoPlan,
    result.bestPlan,
    result.learningPasses.toFixed(1),
  ];
}
