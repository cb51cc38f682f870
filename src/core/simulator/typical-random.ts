import { createSeededRandom } from '../seeded-random.js';

/** Pairs of numbers that are spread evenly over the unit square. */
const PAIRS = 256;
/** The golden ratio less 1: multiples of it, without their whole parts, leave no gaps. */
const STEP = (Math.sqrt(5) - 1) / 2;

/**
 * Pairs of random numbers, uniform in [0, 1), of which every 256 are a typical sample in random order: what is drawn with
 * them hardly depends on luck.
 */
export function typicalRandom(seed: number, worker: number): () => number {
  const random = createSeededRandom(seed * 1000 + worker);
  const order = new Uint8Array(PAIRS);
  let at = 2 * PAIRS;
  const shuffle = () => {
    for (let pair = 0; pair < PAIRS; pair++) {
      const other = Math.floor(random() * (pair + 1));
      order[pair] = order[other] as number;
      order[other] = pair;
    }
    at = 0;
  };
  return () => {
    if (at === 2 * PAIRS) shuffle();
    const isFirst = (at & 1) === 0;
    const pair = order[at++ >> 1] as number;
    return isFirst ? (pair + 0.5) / PAIRS : (pair * STEP + 0.5) % 1;
  };
}
