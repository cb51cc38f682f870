import type { GenerationMode } from '../../src/index.js';

/** One way to decode that must not change the text. */
export interface Cell {
  readonly mode: GenerationMode;
  readonly lookahead: number;
  readonly targets: number;
}

const LOOKAHEADS = [1, 2, 3, 4, 5, 6, 7, 8] as const;

const roundCells: readonly Cell[] = LOOKAHEADS.map((lookahead) => ({ mode: 'si', lookahead, targets: 1 }));
const speculativeCells: readonly Cell[] = LOOKAHEADS.flatMap((lookahead) =>
  [1, 2].map((targets) => ({ mode: 'dsi' as const, lookahead, targets })),
);
export const ALL_CELLS: readonly Cell[] = [...roundCells, ...speculativeCells];

/** Every cell, or one per mode in turn, so that `turn` after `turn` all are covered. */
export function cellsFor(turn: number, every: boolean): readonly Cell[] {
  if (every) return ALL_CELLS;
  return [roundCells, speculativeCells].flatMap((cells) => cells[turn % cells.length] ?? []);
}
