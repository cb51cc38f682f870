/**
 * A real model with n-gram drafts, modes interleaved: `npx tsx bench/lookup.ts [--model smollm2] [--rounds 3]
 * [--tokens 96] [--targets N]`. Prints each mode's tokens per second as a share of plain decoding in the same round.
 */
import { parseArgs } from 'node:util';
import { median } from '../src/core/statistics.js';
import type { GenerationMode, GenerationRequest } from '../src/index.js';
import { createEngine } from '../src/index.js';
import { measured } from './lib/measured.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'smollm2' },
    rounds: { type: 'string', default: '3' },
    tokens: { type: 'string', default: '96' },
    targets: { type: 'string', default: '2' },
  },
});

const TEXTS: Readonly<Record<string, Pick<GenerationRequest, 'prompt' | 'temperature' | 'seed'>>> = {
  repetitive: { prompt: '1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2,' },
  'half repetitive': {
    prompt: 'the cat and the dog and the cow and the pig and the old man and the sea and the',
  },
  prose: { prompt: 'It was a dark and stormy night, and the old sailor' },
  // What came before is found again and again, and goes on otherwise.
  misleading: {
    prompt:
      'the man saw a dog. the man had a cat. the man ate an egg. the man sold his cow. the man lost a key. the man',
    temperature: 1,
    seed: 5,
  },
};
const MODES: readonly GenerationMode[] = ['none', 'si', 'dsi'];

await using engine = await createEngine({
  model: values.model,
  drafter: 'ngram',
  targets: Number(values.targets),
});
for (const [name, text] of Object.entries(TEXTS)) {
  const shares = new Map<GenerationMode, number[]>(MODES.map((mode) => [mode, []]));
  const notes = new Map<GenerationMode, string>();
  for (let round = 0; round < Number(values.rounds); round++) {
    let plainPerSecond = 0;
    for (const mode of MODES) {
      const maxTokens = Number(values.tokens);
      const generation = await engine.generate({ ...text, mode, maxTokens, ignoreEndTokens: true });
      const { timings, speculation } = await generation.result;
      const perSecond = (1000 * (timings.predictedTokens - 1)) / timings.predictedMs;
      if (mode === 'none') plainPerSecond = perSecond;
      shares.get(mode)?.push(perSecond / plainPerSecond);
      const acceptance = speculation.acceptance === undefined ? '-' : speculation.acceptance.toFixed(2);
      notes.set(
        mode,
        `${perSecond.toFixed(1)} tokens/s, acceptance ${acceptance}, ${speculation.targetForwards} passes`,
      );
    }
  }
  for (const mode of MODES) {
    measured(`${name} text, ${mode}`, median(shares.get(mode) ?? []), 'times none');
    console.log(
      `${name.padEnd(18)} ${mode.padEnd(5)} ${median(shares.get(mode) ?? []).toFixed(2)} x none  (last: ${notes.get(mode)})`,
    );
  }
}
