import type { GenerationService } from '../../../core/engine.js';
import { RunRecorder } from '../measure-run.js';
import type { BetweenRuns, ExperimentOutcome } from '../outcome.js';
import { measureRow, type RowOptions } from './measure-row.js';
import { presentTable2 } from './report.js';
import { type RowResult, resultOfRow } from './row-result.js';
import type { Table2Row } from './rows.js';

export interface Table2Context {
  /** Runs `work` with SP targets and the drafter of a row, each a process that waits in place of passes. */
  withService<Result>(
    row: Table2Row,
    recorder: RunRecorder,
    work: (service: GenerationService) => Promise<Result>,
  ): Promise<Result>;
  readonly betweenRuns: BetweenRuns;
  readonly signal: AbortSignal;
}

/** The paper's online experiment: wall-clock time, row by row. */
export async function runTable2(
  rows: readonly Table2Row[],
  options: RowOptions,
  { withService, betweenRuns, signal }: Table2Context,
): Promise<ExperimentOutcome> {
  const results: RowResult[] = [];
  for (const row of rows) {
    await betweenRuns(row.title);
    const recorder = new RunRecorder();
    const measured = await withService(row, recorder, (service) =>
      measureRow(row, options, recorder, service, signal),
    );
    results.push(resultOfRow(measured, options.targets));
  }
  return presentTable2(results);
}
