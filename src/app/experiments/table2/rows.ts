/** One row of Table 2 of the DSI paper (arXiv 2405.14105): a pair of models on a data set. */
export interface Table2Row {
  readonly id: string;
  readonly title: string;
  /** T and c, milliseconds. */
  readonly targetMs: number;
  readonly drafterMs: number;
  readonly acceptance: number;
  /** DSI over SI as the paper is quoted to say it; the figures row by row were not checked against it. */
  readonly quotedRatio: number;
}

/** In the paper's order: the largest quoted ratio of each pair first. */
export const TABLE2_ROWS: readonly Table2Row[] = [
  row('starcoder-humaneval', 'Starcoder-15B/168M HumanEval', 20.6, 6.8, 0.93, 1.92),
  row('starcoder-mbpp', 'Starcoder-15B/168M MBPP', 21.0, 6.8, 0.9, 1.66),
  row('phi3-alpaca', 'Phi3-14B/4B Alpaca', 49.6, 33.4, 0.87, 1.6),
  row('phi3-humaneval', 'Phi3-14B/4B HumanEval', 52.1, 34.0, 0.95, 1.41),
  row('phi3-cnn-dm', 'Phi3-14B/4B CNN-DM', 52.4, 34.6, 0.93, 1.39),
  row('phi3-mbpp', 'Phi3-14B/4B MBPP', 52.2, 34.3, 0.94, 1.37),
  row('vicuna13-cnn-dm', 'Vicuna-13B/68M CNN-DM', 37.7, 2.5, 0.63, 1.47),
  row('vicuna13-alpaca', 'Vicuna-13B/68M Alpaca', 33.3, 2.5, 0.58, 1.41),
  row('vicuna7-cnn-dm', 'Vicuna-7B/68M CNN-DM', 29.4, 2.5, 0.67, 1.29),
  row('vicuna7-alpaca', 'Vicuna-7B/68M Alpaca', 26.0, 2.5, 0.59, 1.7),
];

/** Lookaheads that the paper tries. */
export const QUOTED_LOOKAHEADS = [1, 5, 10] as const;

function row(
  id: string,
  title: string,
  targetMs: number,
  drafterMs: number,
  acceptance: number,
  quotedRatio: number,
): Table2Row {
  return Object.freeze({ id, title, targetMs, drafterMs, acceptance, quotedRatio });
}
