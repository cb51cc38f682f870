import type { ModelProgress, OnModelProgress } from '../../../infra/models/progress.js';
import type { CliOutput } from './io.js';
import { type ProgressBar, startProgressBar } from './progress-bar.js';

const STEPS: Readonly<Record<ModelProgress['step'], string>> = {
  download: 'downloading',
  verify: 'verifying',
  import: 'importing',
};

/** Shows how far a model has come: a bar on a terminal, elsewhere one line for each step. */
export function showProgress(
  name: string,
  output: CliOutput,
): { readonly update: OnModelProgress; end(): void } {
  return output.redraws ? bars(name, output) : lines(name, output);
}

function lines(name: string, output: CliOutput) {
  let current: ModelProgress['step'] | undefined;
  return {
    update: ({ step, totalBytes, weights }: ModelProgress) => {
      if (step === current) return;
      current = step;
      const size = totalBytes === undefined ? '' : ` (${megabytes(totalBytes)} MB)`;
      void output.write(`${name}: ${STEPS[step]}${size}${asWeights(weights)}\n`);
    },
    end: () => {},
  };
}

function bars(name: string, output: CliOutput) {
  let current: ModelProgress['step'] | undefined;
  let bar: ProgressBar | undefined;
  return {
    update: ({ step, doneBytes, totalBytes = 0, weights }: ModelProgress) => {
      const words = { megabytes: megabytes(totalBytes) };
      if (step !== current) {
        bar?.stop();
        current = step;
        const format = `${name}: ${STEPS[step]} [{bar}] {percentage} % of {megabytes} MB${asWeights(weights)}`;
        bar = startProgressBar(output, format, totalBytes, words);
      }
      bar?.update(doneBytes, words, totalBytes);
    },
    end: () => bar?.stop(),
  };
}

function asWeights(weights: string | undefined): string {
  return weights === undefined ? '' : ` as ${weights}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}
