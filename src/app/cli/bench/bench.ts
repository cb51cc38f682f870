import type { Command } from 'commander';
import { createRealScheduler } from '../../../../infra/clock/real-scheduler.js';
import {
  type CompiledEngineOptions,
  compileEngineOptions,
  engineOptionDefinitions,
} from '../../../../infra/config/engine-options.js';
import { logOptionDefinitions } from '../../../../infra/config/log-options.js';
import { InvalidOptionError } from '../../../core/errors.js';
import { wirePlan } from '../../../core/report.js';
import { textTable } from '../../text-table.js';
import { bringModel } from '../bring-model.js';
import { openLogger } from '../command-log.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { CliIo } from '../io.js';
import { addFlags, flagName, readFlags } from '../option-flags.js';
import { startProgressBar } from '../progress-bar.js';
import type { Cli, CliEngine } from '../services.js';
import { withEngine } from '../with-engine.js';
import { type BenchRecord, processorName, writeBenchRecord } from './bench-record.js';
import { type Contender, measureSpeeds } from './measure.js';
import { recommend, type Speed, type SpeedSample, speeds } from './speeds.js';
import { QUICK, THOROUGH } from './workload.js';

const EXAMPLES = `
Remembers the fastest; slipstream doctor shows it.

Examples:
  slipstream bench --quick
  slipstream bench --drafter ngram --drafter my-small-model
  slipstream bench --model 'sim:target?ms=20' --drafter 'sim:drafter?ms=2&acceptance=0.8' --targets 4
`;

export function addBenchCommand(program: Command, cli: Cli): void {
  const command = program
    .command('bench')
    .description('measure which drafter, mode and plan are the fastest on this machine')
    .option('--quick', 'a short form, under a minute')
    .option(
      '--drafter <DRAFTER>',
      'compare this one with none; may be repeated (default: ngram, and the models here that fit)',
      (drafter: string, others: readonly string[] = []) => [...others, drafter],
    )
    .option('--json', 'print one JSON object');
  addFlags(command, engineOptionDefinitions, ['drafter', 'mode', 'lookahead', 'parallel', 'queue']);
  addFlags(command, logOptionDefinitions);
  command.addHelpText('after', EXAMPLES).action(async () => cli.exit(await bench(command, cli)));
}

async function bench(command: Command, { io, services }: Cli): Promise<ExitCode> {
  const { drafter: given, quick, json } = command.opts<{ drafter?: string[]; quick?: true; json?: true }>();
  const context = io.context(flagName(engineOptionDefinitions));
  const optionsFor = (drafter: string): CompiledEngineOptions =>
    compileEngineOptions({ ...readFlags(command, engineOptionDefinitions), drafter }, context);
  const { model, store } = optionsFor('ngram');
  const named = (given ?? []).flatMap((drafter) => optionsFor(drafter).drafting.models);
  // Plain decoding takes part by itself; alone it would be advised without having been compared.
  if (given?.every((drafter) => drafter === 'none'))
    throw new InvalidOptionError('--drafter', 'none', 'a drafter to compare plain decoding with');
  const logger = openLogger(command, io, 'warn');
  for (const name of new Set([model, ...named])) await bringModel(name, store, io, services);
  const candidates = given ?? ['ngram', ...(await services.fittingDrafters(model, store, logger))];
  const drafters = ['none', ...new Set(candidates.filter((drafter) => drafter !== 'none'))];
  const effort = quick ? QUICK : THOROUGH;
  const progress = showProgress(io, effort.budgetMs);
  let samples: readonly SpeedSample[];
  try {
    samples = await withEngines(drafters, (drafter, work) => {
      progress.say(`starting ${drafter}`);
      return withEngine(optionsFor(drafter), io, services, { logger }, work);
    })((contenders) => {
      progress.say('measuring');
      return measureSpeeds(contenders, effort, effort.budgetMs - progress.elapsedMs(), io, progress.update);
    });
  } finally {
    progress.stop();
  }
  const rows = speeds(samples);
  const best = recommend(rows);
  if (best === undefined) return EXIT.failure;
  const processor = processorName();
  const record: BenchRecord = {
    processor,
    model,
    drafter: best.mode === 'none' ? 'none' : best.drafter,
    mode: best.mode,
    targets: best.plan.targets,
    tokens_per_second: Math.round(10 * best.tokensPerSecond) / 10,
    times_plain: round(best.timesPlain),
  };
  writeBenchRecord(store.cacheFolder, record);
  await io.stdout.write(
    json
      ? `${JSON.stringify({ ...record, plan: wirePlan(best.plan), tokens: effort.tokens, rows: rows.map(wireSpeed) })}\n`
      : `${processor}; ${model}, ${effort.tokens} tokens of each prompt\n\n${table(rows)}\n${advice(record, best)}`,
  );
  return EXIT.ok;
}

/** All engines are up at once, so that their generations can take turns; those that wait use no core. */
function withEngines(
  drafters: readonly string[],
  open: <Result>(drafter: string, work: (service: CliEngine) => Promise<Result>) => Promise<Result>,
) {
  return async <Result>(work: (contenders: readonly Contender[]) => Promise<Result>): Promise<Result> => {
    const openNext = (contenders: readonly Contender[]): Promise<Result> => {
      const drafter = drafters[contenders.length];
      if (drafter === undefined) return work(contenders);
      return open(drafter, (service) => openNext([...contenders, { drafter, service }]));
    };
    return await openNext([]);
  };
}

/** A bar of the time on a terminal, elsewhere a line for each step. */
function showProgress(io: CliIo, budgetMs: number) {
  const { now } = createRealScheduler();
  const startedAtMs = now();
  const elapsedMs = () => now() - startedAtMs;
  let step = '';
  const bar = io.stderr.isTTY
    ? startProgressBar(io.stderr, '{step} [{bar}] {percentage} %', budgetMs, { step })
    : undefined;
  const update = () => bar?.update(Math.min(budgetMs, elapsedMs()), { step });
  return {
    elapsedMs,
    update,
    say: (what: string) => {
      step = what;
      if (bar === undefined) void io.stderr.write(`${what}\n`);
      update();
    },
    stop: () => bar?.stop(),
  };
}

function table(rows: readonly Speed[]): string {
  return textTable(
    ['drafter', 'mode', 'tokens/s', 'speed', 'first token', 'acceptance', 'lookahead', 'targets'],
    rows.map((row) => [
      row.drafter,
      row.mode,
      row.tokensPerSecond.toFixed(1),
      `${row.timesPlain.toFixed(2)}x`,
      `${Math.round(row.firstTokenMs)} ms`,
      row.acceptance === undefined ? '-' : `${Math.round(row.acceptance * 100)} %`,
      row.plan.mode === 'none' ? '-' : String(row.plan.lookahead),
      String(row.plan.targets),
    ]),
  );
}

function advice({ model, drafter, mode, times_plain, tokens_per_second }: BenchRecord, best: Speed): string {
  const flags = `--model '${model}' --drafter '${drafter}' --mode ${mode}`;
  if (drafter === 'none')
    return `No drafter pays here: plain decoding, ${tokens_per_second} tokens/s.\n  slipstream generate ${flags}\n`;
  return (
    `Use ${drafter} in mode ${mode}: ${tokens_per_second} tokens/s, ${times_plain.toFixed(2)} times plain decoding ` +
    `(${best.plan.reason}).\n  slipstream generate ${flags}\n`
  );
}

function wireSpeed(row: Speed) {
  return {
    drafter: row.drafter,
    mode: row.mode,
    tokens_per_second: round(row.tokensPerSecond),
    times_plain: round(row.timesPlain),
    first_token_ms: round(row.firstTokenMs),
    acceptance: row.acceptance === undefined ? null : round(row.acceptance),
    plan: wirePlan(row.plan),
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
