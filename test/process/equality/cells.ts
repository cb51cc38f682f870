import type { GenerationMode } from '../../../src/index.js';

/** One way to decode that must not change the text. */
export interface Cell {
  readonly mode: GenerationMode;
  readonly lookahead: number;
  readonly targets: number;
}

/** The cells of one mode, in the order in which they take turns. */
export type Cells = readonly (readonly Cell[])[];

/** `si` on one target, `dsi` on one and on two. */
export function cellsOf(lookaheads: readonly number[]): Cells {
  return [
    lookaheads.map((lookahead) => ({ mode: 'si', lookahead, targets: 1 })),
    lookaheads.flatMap((lookahead) => [1, 2].map((targets) => ({ mode: 'dsi', lookahead, targets }))),
  ];
}

/** One cell per mode, so that `turn` after `turn` all are covered. */
export function cellsInTurn(cells: Cells, turn: number): readonly Cell[] {
  return cells.flatMap((ofMode) => ofMode[turn % ofMode.length] ?? []);
}
