import type { ChartSource } from '../../src/core/chart-frames.js';

/** Nothing to look into. */
export const noCharts: ChartSource = { join: () => ({ repeat: () => {}, leave: () => {} }) };
