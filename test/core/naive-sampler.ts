import { gumbel, noiseBits, noiseKey } from '../../src/core/noise.js';
import type { SamplerParameters } from '../../src/core/sampler-parameters.js';

/** What `PathSampler` must pick, written down without regard to speed: whole sorts, logarithms for every id. */
export function naivePick(
  parameters: SamplerParameters,
  seed: number,
  path: readonly number[],
  logits: Float32Array,
): number {
  const row = naiveAdjusted(parameters, path, logits);
  const { temperature } = parameters;
  const key = noiseKey(seed, path.length);
  const kept = temperature === 0 ? row.map((_, id) => id) : naiveKept(parameters, row);
  let winner = -1;
  let best = Number.NEGATIVE_INFINITY;
  for (const id of kept.sort((a, b) => a - b)) {
    const noise = temperature === 0 ? 0 : temperature * gumbel(noiseBits(key.first, key.second, id));
    const score = (row[id] as number) + noise;
    if (score > best) {
      best = score;
      winner = id;
    }
  }
  return winner;
}

function naiveAdjusted(
  parameters: SamplerParameters,
  path: readonly number[],
  logits: Float32Array,
): number[] {
  const { repetitionPenalty, presencePenalty, frequencyPenalty, promptLength } = parameters;
  const output = path.slice(promptLength);
  return Array.from(logits, (original, id) => {
    let logit = original;
    for (const [biased, bias] of parameters.logitBias) if (biased === id) logit = Math.fround(logit + bias);
    if (path.includes(id)) logit = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
    const occurrences = output.filter((token) => token === id).length;
    if (occurrences > 0) logit -= presencePenalty + frequencyPenalty * occurrences;
    if (output.length < parameters.minTokens && parameters.endTokenIds.includes(id)) return -Infinity;
    return Math.fround(logit);
  });
}

/** Likeliest first, equal ones by ascending id: top-k, top-p among those, min-p. */
export function naiveKept(parameters: SamplerParameters, row: readonly number[]): number[] {
  const { temperature, topK, topP, minP } = parameters;
  const largest = Math.max(...row);
  const weight = (id: number) => Math.exp(((row[id] as number) - largest) / temperature);
  let kept = row.map((_, id) => id).sort((a, b) => (row[b] as number) - (row[a] as number) || a - b);
  if (topK > 0) kept = kept.slice(0, topK);
  if (topP < 1) {
    const total = kept.reduce((sum, id) => sum + weight(id), 0);
    let reached = 0;
    kept = kept.filter((id) => {
      const needed = reached < topP * total;
      reached += weight(id);
      return needed;
    });
  }
  return kept.filter((id) => (row[id] as number) >= largest + temperature * Math.log(minP));
}
