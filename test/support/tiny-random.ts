/** Deterministic numbers for fixtures: uniform in [0, 1) (mulberry32). */
export function uniformNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` numbers of the normal distribution with mean 0. */
export function normalNumbers(seed: number, count: number, deviation: number): Float32Array {
  const uniform = uniformNumbers(seed);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++)
    values[i] = deviation * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return values;
}
