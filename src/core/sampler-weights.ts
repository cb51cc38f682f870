/** Tokens this much less likely (natural log) than the likeliest weigh nothing: 4e-18. */
export const WIDEST_GAP = 40;
/** Gaps are counted in steps of 1/512. */
export const STEPS_PER_UNIT = 512;
export const STEPS = WIDEST_GAP * STEPS_PER_UNIT;
/** e^-gap by whole steps. */
export const WEIGHTS = Float64Array.from({ length: STEPS }, (_, steps) => Math.exp(-steps / STEPS_PER_UNIT));

/** e^-gap for a gap of `steps`, from 0 to less than STEPS: to a relative 2e-9, in a third of the time of Math.exp. */
export function weight(steps: number): number {
  const whole = steps | 0;
  const rest = (steps - whole) * (1 / STEPS_PER_UNIT);
  return (WEIGHTS[whole] as number) * (1 - rest * (1 - rest / 2));
}

/**
 * Unnormalised probability of all. This is most of what top-p over a whole row costs: four sums side by side, `weight`
 * written out and its table in a local variable take half the time of the plain loop.
 */
export function totalWeight(logits: Float32Array, largest: number, scale: number): number {
  const weights = WEIGHTS;
  const limit = weights.length;
  const step = 1 / STEPS_PER_UNIT;
  const whole = logits.length - (logits.length % 4);
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  for (let id = 0; id < whole; id += 4) {
    const steps0 = (largest - (logits[id] as number)) * scale;
    const steps1 = (largest - (logits[id + 1] as number)) * scale;
    const steps2 = (largest - (logits[id + 2] as number)) * scale;
    const steps3 = (largest - (logits[id + 3] as number)) * scale;
    if (steps0 < limit) {
      const rest = (steps0 - (steps0 | 0)) * step;
      sum0 += (weights[steps0 | 0] as number) * (1 - rest * (1 - rest * 0.5));
    }
    if (steps1 < limit) {
      const rest = (steps1 - (steps1 | 0)) * step;
      sum1 += (weights[steps1 | 0] as number) * (1 - rest * (1 - rest * 0.5));
    }
    if (steps2 < limit) {
      const rest = (steps2 - (steps2 | 0)) * step;
      sum2 += (weights[steps2 | 0] as number) * (1 - rest * (1 - rest * 0.5));
    }
    if (steps3 < limit) {
      const rest = (steps3 - (steps3 | 0)) * step;
      sum3 += (weights[steps3 | 0] as number) * (1 - rest * (1 - rest * 0.5));
    }
  }
  let total = sum0 + sum1 + sum2 + sum3;
  for (let id = whole; id < logits.length; id++) {
    const steps = (largest - (logits[id] as number)) * scale;
    if (steps < limit) total += weight(steps);
  }
  return total;
}
