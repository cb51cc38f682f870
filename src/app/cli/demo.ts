import type { Command } from 'commander';
import picocolors from 'picocolors';
import { createRealScheduler } from '../../../infra/clock/real-scheduler.js';
import { compileEngineOptions, engineOptionDefinitions } from '../../../infra/config/engine-options.js';
import { logOptionDefinitions } from '../../../infra/config/log-options.js';
import type { GenerationHandle, GenerationRequest, GenerationService } from '../../core/engine.js';
import { InvalidOptionError } from '../../core/errors.js';
import { GENERATION_MODES, type GenerationMode, type GenerationResult } from '../../core/generation.js';
import { checkRequest } from '../../core/request-check.js';
import { textOf } from '../../core/text-of.js';
import type { TraceEvent } from '../../core/trace.js';
import { textTable } from '../text-table.js';
import { openLogger } from './command-log.js';
import { describeFailure, EXIT, type ExitCode, exitCodeOf } from './exit-codes.js';
import type { CliIo } from './io.js';
import { LiveView, legend } from './live-view/live-view.js';
import { addFlags, flagName, readFlags } from './option-flags.js';
import { addRequestFlags, readRequestFlags, requestFlagName } from './request-flags.js';
import { runGeneration } from './run-generation.js';
import type { Cli } from './services.js';
import { withEngine } from './with-engine.js';

/** For a model that tells stories, as the default one does. */
const PROMPT = 'The captain looked at the map for a long time, and then';
const DEFAULTS: Partial<GenerationRequest> = {
  maxTokens: 96,
  // Without it a small model soon repeats itself.
  frequencyPenalty: 0.5,
  // One for all, or sampled texts would differ.
  seed: 0,
};

const EXPLANATIONS: Readonly<Record<GenerationMode, string>> = {
  none: 'the target alone, token by token',
  si: 'draft, verify, repeat',
  dsi: 'draft and verify at the same time',
};

const EXAMPLES = `
Examples:
  slipstream demo
  slipstream demo --model smollm2 --prompt "1, 2, 3, 4, 1, 2, 3," --max-tokens 48 --targets 3
  slipstream demo --temperature 0.8 --seed 7
`;

interface DemoRun {
  readonly mode: GenerationMode;
  readonly result: GenerationResult;
  readonly tokenIds: readonly number[];
}

export function addDemoCommand(program: Command, cli: Cli): void {
  const command = program
    .command('demo')
    .description('decode one prompt plainly, with si and with dsi, and compare speed and tokens')
    .option('--prompt <TEXT>', 'the text to continue (default: the beginning of a story)');
  addFlags(command, engineOptionDefinitions, ['mode', 'parallel', 'queue']);
  addRequestFlags(command, DEFAULTS, ['logprobs']);
  addFlags(command, logOptionDefinitions);
  command.addHelpText('after', EXAMPLES).action(async () => cli.exit(await demo(command, cli)));
}

async function demo(command: Command, { io, services }: Cli): Promise<ExitCode> {
  const { prompt = PROMPT }: { prompt?: string } = command.opts();
  const flags = readFlags(command, engineOptionDefinitions);
  if (flags.drafter === 'none') throw new InvalidOptionError('--drafter', 'none', 'somebody who drafts');
  const options = compileEngineOptions(
    { ...flags, mode: 'dsi' },
    io.context(flagName(engineOptionDefinitions)),
  );
  const request: GenerationRequest = { ...DEFAULTS, ...readRequestFlags(command), prompt };
  checkRequest(request, requestFlagName);
  const logger = openLogger(command, io, 'warn');
  const scheduler = createRealScheduler();
  let view: LiveView | undefined;
  const trace = io.stdout.redraws ? (event: TraceEvent) => view?.note(event) : undefined;
  return await withEngine(options, io, services, { logger, trace }, async (engine) => {
    await io.stdout.write(`prompt: ${prompt}\n`);
    const runs: DemoRun[] = [];
    for (const mode of GENERATION_MODES) {
      await io.stdout.write(heading(mode, io));
      if (io.stdout.redraws) view = new LiveView(io.stdout, engine.tokenizer, scheduler);
      const { handle, end } = await show(engine, { ...request, mode }, io, view);
      view = undefined;
      await io.stdout.write('\n');
      if (end.outcome === 'failed') {
        await io.stderr.write(describeFailure(end.error));
        return exitCodeOf(end.error);
      }
      if (end.outcome === 'cancelled') return io.interrupted.aborted ? EXIT.interrupted : EXIT.ok;
      runs.push({ mode, result: end.result, tokenIds: tokenIds(handle) });
    }
    return await conclude(runs, io);
  });
}

function heading(mode: GenerationMode, io: CliIo): string {
  const colors = picocolors.createColors(io.stdout.colored);
  const styles = io.stdout.redraws && mode !== 'none' ? ` (${legend(io.stdout.colored)})` : '';
  return `\n${colors.bold(mode)}: ${EXPLANATIONS[mode]}${styles}\n`;
}

/** Prints the text as it comes; on a terminal the view shows what becomes of the drafts too. */
async function show(
  service: GenerationService,
  request: GenerationRequest,
  io: CliIo,
  view: LiveView | undefined,
) {
  try {
    return await runGeneration(service, request, io, (tokens) =>
      view === undefined ? io.stdout.write(textOf(tokens)) : view.append(tokens),
    );
  } finally {
    await view?.close();
  }
}

function tokenIds(handle: GenerationHandle): readonly number[] {
  return handle.log.tokens.map(({ token }) => token);
}

async function conclude(runs: readonly DemoRun[], io: CliIo): Promise<ExitCode> {
  const plain = perToken(runs[0]?.result);
  const rows = runs.map(({ mode, result }) => {
    const { timings, speculation } = result;
    const msPerToken = perToken(result);
    return [
      mode,
      msPerToken === undefined ? '-' : (1000 / msPerToken).toFixed(1),
      plain === undefined || msPerToken === undefined ? '-' : `${(plain / msPerToken).toFixed(2)}x`,
      `${Math.round(timings.promptMs)} ms`,
      speculation.acceptance === undefined ? '-' : `${Math.round(speculation.acceptance * 100)} %`,
      String(speculation.rollbacks),
      String(speculation.targetForwards),
      String(speculation.plan.targets),
    ];
  });
  const header = [
    'mode',
    'tokens/s',
    'speed',
    'first token',
    'acceptance',
    'rollbacks',
    'target passes',
    'targets',
  ];
  await io.stdout.write(`\n${textTable(header, rows)}`);
  const different = runs.find(({ tokenIds }) => String(tokenIds) !== String(runs[0]?.tokenIds));
  if (different !== undefined) {
    await io.stderr.write(
      `slipstream: ${different.mode} gave other tokens than ${runs[0]?.mode}: this is a defect\n`,
    );
    return EXIT.failure;
  }
  await io.stdout.write(
    `The three texts are the same, token by token (${runs[0]?.tokenIds.length} tokens).\n` +
      'slipstream bench --quick says which drafter and mode are the fastest on this machine.\n',
  );
  return EXIT.ok;
}

/** Milliseconds between tokens after the first; undefined for fewer than two. */
function perToken(result: GenerationResult | undefined): number | undefined {
  if (result === undefined) return undefined;
  const { predictedTokens, predictedMs } = result.timings;
  return predictedTokens > 1 && predictedMs > 0 ? predictedMs / (predictedTokens - 1) : undefined;
}
