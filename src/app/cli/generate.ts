import type { Command } from 'commander';
import { compileEngineOptions, engineOptionDefinitions } from '../../../infra/config/engine-options.js';
import { logOptionDefinitions } from '../../../infra/config/log-options.js';
import type { GenerationRequest, GenerationService } from '../../core/engine.js';
import { InvalidOptionError } from '../../core/errors.js';
import { checkModeFields, checkRequest } from '../../core/request-check.js';
import { textOf } from '../../core/text-of.js';
import { openLogger } from './command-log.js';
import { describeFailure, EXIT, type ExitCode, exitCodeOf } from './exit-codes.js';
import { generationObject, summaryLine } from './generation-report.js';
import { untilInterrupted } from './interrupt.js';
import type { CliIo } from './io.js';
import { addFlags, flagName, readFlags } from './option-flags.js';
import { addPromptFlags, type PromptFlags, readPrompt } from './prompt.js';
import { addRequestFlags, readRequestFlags, requestFlagName } from './request-flags.js';
import { runGeneration } from './run-generation.js';
import type { Cli } from './services.js';
import { openTrace, type TraceFile } from './trace-file.js';
import { withEngine } from './with-engine.js';

const EXAMPLES = `
Examples:
  slipstream generate --prompt "Once upon a time" --max-tokens 64
  slipstream generate --model smollm2 --chat "What is a rollback?" --temperature 0.7 --seed 1
  echo "The old sailor lit his pipe" | slipstream generate --mode none --json
  slipstream generate --prompt-file story.txt --nats nats://gpu-1:4222 --trace trace.json
`;

interface GenerateFlags extends PromptFlags {
  readonly json?: true;
  readonly trace?: string;
}

export function addGenerateCommand(program: Command, cli: Cli): void {
  const command = program.command('generate').description('continue a text, token by token, on stdout');
  addPromptFlags(command);
  command
    .option('--json', 'print one JSON object at the end instead of text as it comes')
    .option('--trace <FILE>', 'write what happened when as Chrome / Perfetto trace JSON');
  addFlags(command, engineOptionDefinitions, ['parallel', 'queue']);
  addRequestFlags(command);
  addFlags(command, logOptionDefinitions);
  command.addHelpText('after', EXAMPLES).action(async () => cli.exit(await generate(command, cli)));
}

async function generate(command: Command, { io, services }: Cli): Promise<ExitCode> {
  const flags: GenerateFlags = command.opts();
  const settings = readFlags(command, engineOptionDefinitions);
  const nameOf = flagName(engineOptionDefinitions);
  const options = compileEngineOptions(settings, io.context(nameOf));
  // The engine is for one request: what they say of an engine in other commands they say of that one here.
  checkModeFields(settings, nameOf);
  const logger = openLogger(command, io, 'warn');
  const prompt = await untilInterrupted(io.interrupted, readPrompt(flags, io.stdin), () => {});
  const request = { ...readRequestFlags(command), ...prompt };
  checkRequest(request, requestFlagName);
  if (request.logprobs !== undefined && !flags.json)
    throw new InvalidOptionError(
      '--logprobs',
      request.logprobs,
      'given with --json: a text has no place for them',
    );
  if (flags.trace === '') throw new InvalidOptionError('--trace', flags.trace, 'the name of a file');
  const trace = flags.trace === undefined ? undefined : openTrace(flags.trace, logger);
  try {
    return await withEngine(options, io, services, { logger, trace: trace?.sink }, (engine) =>
      flags.json ? printObject(engine, request, io, trace) : printText(engine, request, io, trace),
    );
  } finally {
    trace?.close();
  }
}

async function printText(
  service: GenerationService,
  request: GenerationRequest,
  io: CliIo,
  trace: TraceFile | undefined,
): Promise<ExitCode> {
  let last = '\n';
  const { handle, end } = await runGeneration(service, request, io, async (tokens) => {
    const text = textOf(tokens);
    if (text === '') return;
    last = text;
    await io.stdout.write(text);
  });
  if (io.stdout.isTTY && !last.endsWith('\n')) await io.stdout.write('\n');
  if (end.outcome === 'failed') await io.stderr.write(describeFailure(end.error));
  await io.stderr.write(`${summaryLine(end)}\n${trace?.summary(handle.id) ?? ''}`);
  if (end.outcome === 'failed') return exitCodeOf(end.error);
  return io.interrupted.aborted ? EXIT.interrupted : EXIT.ok;
}

async function printObject(
  service: GenerationService,
  request: GenerationRequest,
  io: CliIo,
  trace: TraceFile | undefined,
): Promise<ExitCode> {
  const { handle, end } = await runGeneration(service, request, io, () => {});
  await io.stdout.write(`${JSON.stringify(generationObject(handle, end))}\n`);
  await io.stderr.write(trace?.summary(handle.id) ?? '');
  if (end.outcome === 'failed') return exitCodeOf(end.error);
  return io.interrupted.aborted ? EXIT.interrupted : EXIT.ok;
}
