import { createSeededRandom } from '../seeded-random.js';

/** The golden ratio less 1: its multiples, without their whole parts, fill gaps evenly. */
export const EVEN_STEP = (Math.sqrt(5) - 1) / 2;

/** Puts values in random order, in place: Fisher and Yates, by a seed. */
export function shuffle(values: Float64Array | number[], seed: number): void {
  const random = createSeededRandom(seed);
  for (let index = values.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    const value = values[index] as number;
    values[index] = values[other] as number;
    values[other] = value;
  }
}
