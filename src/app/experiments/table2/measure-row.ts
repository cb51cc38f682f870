import { bestLookahead, smallestLookahead } from '../../../core/closed-forms.js';
import type { GenerationService } from '../../../core/engine.js';
import { GENERATION_MODES, type GenerationMode } from '../../../core/generation.js';
import type { MeasuredRun, RunRecorder } from '../measure-run.js';
import type { Table2Row } from './rows.js';

export interface RowOptions {
  /** SP. */
  readonly targets: number;
  /** Tokens per prompt. */
  readonly tokens: number;
  /** Prompts that count, each with a seed of its own. */
  readonly seeds: number;
  /** Prompts before them that do not: processes compile their code then. */
  readonly warmUp: number;
}

/** The lookaheads that a row is run with. */
export interface RowLookaheads {
  /** The one that makes SI fastest. */
  readonly si: number;
  /** The smallest that SP targets keep up with (Eq. 1). */
  readonly dsi: number;
}

/** A row's runs, in the order of their seeds. */
export interface MeasuredRow {
  readonly row: Table2Row;
  readonly lookaheads: RowLookaheads;
  readonly runs: Readonly<Record<GenerationMode, readonly MeasuredRun[]>>;
}

const MOST_LOOKAHEAD = 16;

export function lookaheadsOf(row: Table2Row, targets: number): RowLookaheads {
  const { lookahead } = bestLookahead({ ...row, mode: 'si', targets: 1 }, { least: 1, most: MOST_LOOKAHEAD });
  return { si: lookahead, dsi: smallestLookahead({ ...row, targets }) };
}

/** Runs every prompt in every mode, one after another: what disturbs one disturbs all. */
export async function measureRow(
  row: Table2Row,
  { targets, tokens, seeds, warmUp }: RowOptions,
  recorder: RunRecorder,
  service: GenerationService,
  signal: AbortSignal,
): Promise<MeasuredRow> {
  const lookaheads = lookaheadsOf(row, targets);
  const runs = { none: [], si: [], dsi: [] } as Record<GenerationMode, MeasuredRun[]>;
  for (let prompt = 0; prompt < warmUp + seeds; prompt++) {
    for (const mode of GENERATION_MODES) {
      const run = await recorder.measure(
        service,
        {
          prompt: 'the old sailor',
          mode,
          // Sampled, so that each seed gives another text, and drafts are right elsewhere.
          temperature: 1,
          seed: prompt,
          maxTokens: tokens,
          ...(mode === 'none' ? {} : { lookahead: lookaheads[mode] }),
        },
        signal,
      );
      if (prompt >= warmUp) runs[mode].push(run);
    }
  }
  return { row, lookaheads, runs };
}
