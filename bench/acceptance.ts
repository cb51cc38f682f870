/**
 * Acceptance as the engine reports it, on the prompts and with the seeds of `slipstream_train.evaluate --prompt-file
 * models/fable/prompts.txt`, beside what that has found: `npx tsx bench/acceptance.ts [--evaluation evaluation.json
 * --name drafter-128x2] [--model fable] [--drafter fable-drafter] [--prompts 128] [--tokens 128] [--lookahead 4]`. Exits
 * with 1 when the two are more than 2 points apart.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { createEngine, type GenerationMode } from '../src/index.js';
import { run } from '../test/process/run.js';
import { measured } from './lib/measured.js';
import { readPrompts } from './lib/prompts.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'fable' },
    drafter: { type: 'string', default: 'fable-drafter' },
    prompts: { type: 'string', default: '128' },
    tokens: { type: 'string', default: '128' },
    lookahead: { type: 'string', default: '4' },
    'prompt-file': { type: 'string' },
    evaluation: { type: 'string' },
    name: { type: 'string' },
  },
});

const MOST_POINTS = 2;
/** As `measuring.py` numbers them. */
const seedOf = (prompt: number) => 7 * 1_000_003 + prompt;

const evaluationSchema = z.looseObject({
  acceptance: z.record(z.string(), z.record(z.string(), z.looseObject({ acceptance: z.number() }))),
});

const prompts = readPrompts(values.model, values['prompt-file']).slice(0, Number(values.prompts));
await using engine = await createEngine({ model: values.model, drafter: values.drafter, targets: 1 });
for (const temperature of [0, 0.8]) {
  const expected = evaluated(temperature);
  for (const mode of ['si', 'dsi'] as const) {
    const { accepted, decided } = await measure(mode, temperature);
    const acceptance = accepted / decided;
    measured(`temperature ${temperature}, ${mode}`, 100 * acceptance, '% of the drafts decided');
    const points = 100 * (acceptance - (expected ?? Number.NaN));
    const comparison =
      expected === undefined
        ? ''
        : `, evaluated ${(100 * expected).toFixed(1)} %: ${points >= 0 ? '+' : ''}${points.toFixed(1)} points`;
    console.log(
      `temperature ${temperature} ${mode.padEnd(3)} ${accepted} of ${decided} drafts: ${(100 * acceptance).toFixed(1)} %${comparison}`,
    );
    if (Math.abs(points) > MOST_POINTS) process.exitCode = 1;
  }
}

async function measure(mode: GenerationMode, temperature: number) {
  let accepted = 0;
  let decided = 0;
  for (const [index, prompt] of prompts.entries()) {
    const { result } = await run(engine, {
      prompt,
      mode,
      temperature,
      seed: seedOf(index),
      maxTokens: Number(values.tokens),
      lookahead: Number(values.lookahead),
    });
    accepted += result.timings.draftTokensAccepted;
    decided += result.timings.draftTokens;
  }
  return { accepted, decided };
}

function evaluated(temperature: number): number | undefined {
  if (values.evaluation === undefined || values.name === undefined) return undefined;
  const { acceptance } = evaluationSchema.parse(JSON.parse(readFileSync(values.evaluation, 'utf8')));
  return acceptance[`temperature ${temperature}`]?.[values.name]?.acceptance;
}
