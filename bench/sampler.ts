/** What a pick costs per position, by sampler parameters: `npx tsx bench/sampler.ts`. */
import { noiseBits } from '../src/core/noise.js';
import { PathSampler } from '../src/core/sampler.js';
import { neutralSampler, type SamplerParameters } from '../src/core/sampler-parameters.js';
import { measured } from './lib/measured.js';

const VOCABULARY = 49_152;
const PATH_TOKENS = 1_000;
const PICKS = 400;

const cases: readonly (readonly [string, Partial<SamplerParameters>])[] = [
  ['greedy', {}],
  ['temperature .8', { temperature: 0.8 }],
  ['temperature .8, top_k 40', { temperature: 0.8, topK: 40 }],
  ['temperature .8, top_k 40, top_p .95', { temperature: 0.8, topK: 40, topP: 0.95 }],
  ['temperature .8, top_p .95', { temperature: 0.8, topP: 0.95 }],
  ['temperature .8, min_p .05', { temperature: 0.8, minP: 0.05 }],
  ['temperature .8, penalties', { temperature: 0.8, repetitionPenalty: 1.1, presencePenalty: 0.5 }],
];

/**
 * Bell-shaped logits and some likely tokens: from the peaked to the flat, like rows of SmolLM2 (deviation 3.7, the
 * likeliest 11 to 33 above the mean, 1 to 200 tokens in a nucleus of .95 at temperature .8).
 */
function exampleLogits(count: number): Float32Array[] {
  let drawn = 0;
  const uniform = () => ((noiseBits(1, 2, drawn++) >>> 0) + 0.5) / 2 ** 32;
  return Array.from({ length: count }, (_, row) => {
    const lift = 5 + (20 * row) / (count - 1);
    return Float32Array.from({ length: VOCABULARY }, () => {
      const bell = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
      return 3.7 * bell + (uniform() < 1e-3 ? lift * uniform() : 0);
    });
  });
}

function millisecondsPerPick(parameters: Partial<SamplerParameters>, rows: readonly Float32Array[]): number {
  const sampler = new PathSampler({ ...neutralSampler, promptLength: 100, ...parameters }, 7, VOCABULARY);
  for (let position = 0; position < PATH_TOKENS; position++) sampler.push((position * 131) % VOCABULARY);
  const times: number[] = [];
  for (let count = 0; count < PICKS; count++) {
    const row = rows[count % rows.length] as Float32Array;
    const startedAt = performance.now();
    const { token } = sampler.pick(row);
    times.push(performance.now() - startedAt);
    sampler.push(token);
  }
  return times.sort((a, b) => a - b)[PICKS / 2] as number;
}

const rows = exampleLogits(8);
for (const [name, parameters] of cases) {
  const ms = millisecondsPerPick(parameters, rows);
  measured(name, ms, 'ms per position');
  console.log(`${name.padEnd(38)} ${ms.toFixed(3)} ms per position (median)`);
}
