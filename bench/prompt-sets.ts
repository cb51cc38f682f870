/**
 * How good drafters are together, on questions of MT-Bench as chats and function heads of HumanEval as plain text:
 * `npx tsx bench/prompt-sets.ts [--model smollm2] [--drafter ngram,smollm2-drafter]... [--temperature 0
 * --temperature 0.8] [--prompts 8] [--tokens 128] [--lookahead 8] [--prompt-folder FOLDER]
 * [--checkpoint FILE]`. `--prompts` counts per set, evenly spread over it. With a checkpoint a run that was stopped goes
 * on when it is started again. Rounds (`si`) over worker processes and a real nats-server. Prints for each set, temperature and `--drafter`
 * - acceptance as the engine reports it: of the tokens that somebody had drafted, rightly or not, the share that
 *   somebody had right;
 * - tokens of a round, the target's own included;
 * - by position in a round, how often the path that was verified was right, when it was right before.
 */
import { parseArgs } from 'node:util';
import { mean, sum } from '../src/core/statistics.js';
import type { TraceEvent } from '../src/core/trace.js';
import type { Engine } from '../src/index.js';
import { run } from '../test/process/run.js';
import { startWorkerFleet } from '../test/process/worker-fleet.js';
import { openCheckpoint } from './lib/checkpoint.js';
import { type Round, roundsOf, shareByPosition } from './lib/rounds.js';
import { textTokenizer } from './lib/text-tokenizer.js';
import { type BenchPrompt, BUNDLED_PROMPTS, readPromptSets } from './peers/prompt-sets.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'smollm2' },
    drafter: {
      type: 'string',
      multiple: true,
      default: ['ngram,smollm2-drafter', 'smollm2-drafter', 'ngram'],
    },
    temperature: { type: 'string', multiple: true, default: ['0', '0.8'] },
    prompts: { type: 'string', default: '8' },
    tokens: { type: 'string', default: '128' },
    lookahead: { type: 'string', default: '8' },
    'prompt-folder': { type: 'string', default: BUNDLED_PROMPTS },
    checkpoint: { type: 'string' },
  },
});

/** What came of one text. */
interface Text {
  readonly name: string;
  readonly drafter: string;
  readonly temperature: number;
  readonly rounds: readonly Round[];
  readonly accepted: number;
  readonly decided: number;
  readonly tokens: number;
}

const lookahead = Number(values.lookahead);
const prompts = readPromptSets(values['prompt-folder'], 0, 1000, await textTokenizer(values.model));

const { model: target, tokens, 'prompt-folder': folder } = values;
const checkpoint = openCheckpoint<Text>(values.checkpoint, { target, tokens, lookahead, folder });

let events: TraceEvent[] = [];
const fleet = await startWorkerFleet();
try {
  await fleet.start('target', target);
  const models = new Set(values.drafter.flatMap((names) => names.split(',')));
  for (const name of models) if (name !== 'ngram') await fleet.start('drafter', name);
  const trace = (event: TraceEvent) => void events.push(event);
  const engines: [string, Engine][] = [];
  for (const drafter of values.drafter)
    engines.push([drafter, await fleet.engine({ model: target, drafter, trace })]);
  console.log(`${target}, si ${lookahead}, ${tokens} tokens each`);
  for (const temperature of values.temperature.map(Number)) {
    for (const set of ['mt_bench', 'humaneval'] as const) {
      const chosen = spread(prompts.filter((prompt) => prompt.set === set));
      for (const [drafter, engine] of engines) {
        const texts: Text[] = [];
        for (const [seed, prompt] of chosen.entries())
          texts.push(await measure(engine, drafter, temperature, prompt, seed));
        console.log(
          `${set}, ${texts.length} prompts, temperature ${temperature}, ${drafter}: ${report(texts)}`,
        );
      }
    }
  }
} finally {
  await fleet.close();
}

/** Sets are sorted by kind: their beginnings would be of one kind. */
function spread(all: readonly BenchPrompt[]): BenchPrompt[] {
  const count = Math.min(Number(values.prompts), all.length);
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)] as BenchPrompt);
}

async function measure(
  engine: Engine,
  drafter: string,
  temperature: number,
  { name, ids }: BenchPrompt,
  seed: number,
): Promise<Text> {
  const known = checkpoint.items.find(
    (text) => text.name === name && text.drafter === drafter && text.temperature === temperature,
  );
  if (known !== undefined) return known;
  events = [];
  const { timings } = (
    await run(engine, {
      promptTokenIds: ids,
      mode: 'si',
      lookahead,
      temperature,
      seed,
      maxTokens: Number(tokens),
    })
  ).result;
  const text = {
    name,
    drafter,
    temperature,
    rounds: roundsOf(events),
    accepted: timings.draftTokensAccepted,
    decided: timings.draftTokens,
    tokens: timings.predictedTokens,
  };
  checkpoint.add(text);
  return text;
}

function report(texts: readonly Text[]): string {
  const total = (of: 'accepted' | 'decided' | 'tokens') => sum(texts.map((text) => text[of]));
  const rounds = texts.flatMap((text) => text.rounds);
  const shares = shareByPosition(rounds, lookahead).map((share) => share.toFixed(3));
  return [
    `acceptance ${(total('accepted') / total('decided')).toFixed(3)}`,
    `somebody drafted ${total('decided')} of ${total('tokens')} tokens`,
    `a round of ${mean(rounds.map(({ drafts }) => drafts)).toFixed(1)} drafts gives ${mean(rounds.map(({ right }) => right + 1)).toFixed(2)} tokens`,
    `by position ${shares.join(' ')}`,
  ].join('; ');
}
