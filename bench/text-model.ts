/**
 * What drafters do for a real model's speed, everything in turns in one run: plain decoding, and with each drafter
 * rounds (si, by lookahead), dsi and auto, over a real nats-server and one worker process per model with one thread each:
 * `npx tsx bench/text-model.ts [--model fable] [--drafter fable-drafter]... [--temperature 0 --temperature 0.8]
 * [--lookahead 3 --lookahead 5] [--targets 1] [--prompts 8] [--tokens 128] [--rounds 3] [--quiet 0.1]
 * [--prompt-file FILE | --prompt-folder FOLDER]`. A folder holds `mt_bench.jsonl` and `humaneval.jsonl`: questions as
 * chats and heads of functions in turns, half of `--prompts` each. Drafters with a comma between them draft together.
 * Speeds are tokens per second after the first token, over all prompts of a round: the median of the rounds, as a share
 * of plain decoding in the same round (its least and most in brackets), and where the time went by the trace. With
 * `--quiet` a text during which other programs kept more cores busy than that is not counted but repeated.
 */
import { parseArgs } from 'node:util';
import { summariseTrace } from '../infra/trace/summary.js';
import { median } from '../src/core/statistics.js';
import type { TraceEvent } from '../src/core/trace.js';
import type { Engine, GenerationRequest, RequestMode } from '../src/index.js';
import { type Run, run } from '../test/process/run.js';
import { startWorkerFleet } from '../test/process/worker-fleet.js';
import { watchForeignLoad } from './lib/foreign-load.js';
import { measured } from './lib/measured.js';
import { readPrompts } from './lib/prompts.js';
import { textTokenizer } from './lib/text-tokenizer.js';
import { readPromptSets } from './peers/prompt-sets.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'fable' },
    drafter: { type: 'string', multiple: true, default: ['fable-drafter'] },
    temperature: { type: 'string', multiple: true, default: ['0', '0.8'] },
    lookahead: { type: 'string', multiple: true, default: ['2', '3', '4', '6', '8'] },
    targets: { type: 'string', default: '1' },
    prompts: { type: 'string', default: '8' },
    tokens: { type: 'string', default: '128' },
    rounds: { type: 'string', default: '3' },
    'prompt-file': { type: 'string' },
    'prompt-folder': { type: 'string' },
    quiet: { type: 'string', default: 'Infinity' },
  },
});

const quiet = Number(values.quiet);
/** A text that was disturbed this often is counted all the same. */
const MOST_ATTEMPTS = 100;
let disturbed = 0;

type Text = Pick<GenerationRequest, 'prompt' | 'promptTokenIds'>;

/** One way to decode, and what came of it. */
interface Way {
  readonly drafter: string;
  readonly mode: RequestMode;
  readonly lookahead: number | undefined;
  readonly engine: Engine;
  /** By round: tokens after the first of each text, and the milliseconds they took. */
  readonly tokens: number[];
  readonly ms: number[];
  accepted: number;
  decided: number;
  passes: number;
  drafterPasses: number;
  /** Milliseconds of the trace under pass, bus, waiting and wasted. */
  readonly spent: [pass: number, bus: number, waiting: number, wasted: number];
}

const prompts = await readTexts(Number(values.prompts));
const rounds = Number(values.rounds);
let events: TraceEvent[] = [];

const fleet = await startWorkerFleet();
try {
  await Promise.all(
    Array.from({ length: Number(values.targets) }, () => fleet.start('target', values.model)),
  );
  const trace = (event: TraceEvent) => void events.push(event);
  const ways: Way[] = [];
  const plain = await fleet.engine({ model: values.model, drafter: 'none', trace });
  ways.push(newWay('none', 'none', undefined, plain));
  const models = new Set(values.drafter.flatMap((names) => names.split(',')));
  for (const name of models) if (name !== 'ngram') await fleet.start('drafter', name);
  for (const drafter of values.drafter) {
    const engine = await fleet.engine({ model: values.model, drafter, trace });
    for (const lookahead of values.lookahead) ways.push(newWay(drafter, 'si', Number(lookahead), engine));
    for (const mode of ['dsi', 'auto'] as const) ways.push(newWay(drafter, mode, undefined, engine));
  }
  for (const temperature of values.temperature.map(Number)) {
    for (const way of ways) reset(way);
    // The first round is not counted: processes compile their code then.
    for (let round = -1; round < rounds; round++) {
      for (const [index, prompt] of prompts.entries())
        for (const way of ways) await measure(way, prompt, temperature, index, round);
    }
    report(temperature, ways);
  }
} finally {
  await fleet.close();
}

async function readTexts(count: number): Promise<readonly Text[]> {
  const folder = values['prompt-folder'];
  if (folder === undefined)
    return readPrompts(values.model, values['prompt-file'])
      .slice(0, count)
      .map((prompt) => ({ prompt }));
  const sets = readPromptSets(folder, 0, Math.ceil(count / 2), await textTokenizer(values.model));
  return sets.slice(0, count).map(({ ids }) => ({ promptTokenIds: ids }));
}

function newWay(drafter: string, mode: RequestMode, lookahead: number | undefined, engine: Engine): Way {
  const counts = { accepted: 0, decided: 0, passes: 0, drafterPasses: 0 };
  return { drafter, mode, lookahead, engine, tokens: [], ms: [], ...counts, spent: [0, 0, 0, 0] };
}

function reset(way: Way): void {
  way.tokens.splice(0);
  way.ms.splice(0);
  way.spent.fill(0);
  Object.assign(way, { accepted: 0, decided: 0, passes: 0, drafterPasses: 0 });
}

async function measure(
  way: Way,
  text: Text,
  temperature: number,
  seed: number,
  round: number,
): Promise<void> {
  const request: GenerationRequest = {
    ...text,
    temperature,
    seed,
    mode: way.mode,
    maxTokens: Number(values.tokens),
    ignoreEndTokens: true,
    ...(way.lookahead === undefined ? {} : { lookahead: way.lookahead }),
  };
  const { timings, speculation } = (await runUndisturbed(way.engine, request, round < 0 ? 1 : MOST_ATTEMPTS))
    .result;
  if (round < 0) return;
  way.tokens[round] = (way.tokens[round] ?? 0) + timings.predictedTokens - 1;
  way.ms[round] = (way.ms[round] ?? 0) + timings.predictedMs;
  way.accepted += timings.draftTokensAccepted;
  way.decided += timings.draftTokens;
  way.passes += speculation.targetForwards;
  way.drafterPasses += speculation.drafterForwards;
  const [summary] = summariseTrace(events);
  if (summary === undefined) return;
  const { passMs, busMs, waitingMs, wastedMs } = summary;
  for (const [at, ms] of [passMs, busMs, waitingMs, wastedMs].entries()) way.spent[at as 0] += ms;
}

async function runUndisturbed(engine: Engine, request: GenerationRequest, attempts: number): Promise<Run> {
  for (let attempt = 1; ; attempt++) {
    events = [];
    const foreignLoad = watchForeignLoad();
    const done = await run(engine, request);
    if (foreignLoad() <= quiet || attempt >= attempts) return done;
    disturbed++;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function report(temperature: number, ways: readonly Way[]): void {
  const [plain] = ways;
  if (plain === undefined) return;
  const plainSpeeds = speeds(plain);
  console.log(
    `\ntemperature ${temperature}, ${prompts.length} prompts x ${values.tokens} tokens, ${rounds} rounds, ${disturbed} texts repeated`,
  );
  row('drafter', 'mode', 'tokens/s', 'x none', '', 'acceptance', 'tokens/pass', 'pass bus waiting wasted');
  for (const way of ways) {
    const mine = speeds(way);
    const shares = mine.map((speed, round) => speed / (plainSpeeds[round] ?? Number.NaN));
    const total = way.spent.reduce((sum, ms) => sum + ms, 0);
    const name = `${values.model}, ${way.drafter}, ${way.mode} ${way.lookahead ?? ''}`.trimEnd();
    measured(`${name}, temperature ${temperature}`, median(shares), 'times none');
    row(
      way.drafter,
      way.lookahead === undefined ? way.mode : `${way.mode} ${way.lookahead}`,
      median(mine).toFixed(1),
      median(shares).toFixed(2),
      `(${Math.min(...shares).toFixed(2)}-${Math.max(...shares).toFixed(2)})`,
      way.decided === 0 ? '-' : `${((100 * way.accepted) / way.decided).toFixed(1)} %`,
      (way.tokens.reduce((sum, tokens) => sum + tokens, 0) / way.passes).toFixed(2),
      way.spent.map((ms) => `${Math.round((100 * ms) / total)} %`).join(' '),
    );
  }
}

function speeds({ tokens, ms }: Way): number[] {
  return tokens.map((count, round) => (1000 * count) / (ms[round] ?? Number.NaN));
}

function row(...cells: string[]): void {
  const widths = [24, 7, 10, 8, 14, 12, 13, 0];
  console.log(cells.map((cell, column) => cell.slice(-22).padEnd(widths[column] ?? 0)).join(''));
}
