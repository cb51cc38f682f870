import type { RowResult } from './row-result.js';

/** What a row must reach. */
export interface Bar {
  readonly name: string;
  /** The least that will do. */
  readonly least: number;
  readonly read: (result: RowResult) => number;
}

/** Weak baselines would flatter: plain decoding and SI have bars too. */
export const BARS: readonly Bar[] = [
  { name: 'dsi_share_of_ideal', least: 0.9, read: ({ modes }) => modes.dsi.share },
  { name: 'ratio_of_ideal_ratio', least: 0.93, read: ({ ratios }) => ratios.measured / ratios.ideal },
  { name: 'none_share_of_ideal', least: 0.97, read: ({ modes }) => modes.none.share },
  { name: 'si_share_of_ideal', least: 0.93, read: ({ modes }) => modes.si.share },
  {
    name: 'dsi_over_none',
    least: 1,
    read: ({ modes }) => modes.none.msPerToken / modes.dsi.msPerToken,
  },
  { name: 'dsi_over_si', least: 1, read: ({ ratios }) => ratios.measured },
];

export function missedBars(result: RowResult): string[] {
  return BARS.filter(({ least, read }) => !(read(result) >= least)).map(({ name }) => name);
}
