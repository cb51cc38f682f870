import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import {
  type CompiledPairOptions,
  compilePairOptions,
  pairOptionDefinitions,
} from '../../../../infra/config/experiments/pair-options.js';
import { errorMessage, InvalidOptionError, SystemError } from '../../../core/errors.js';
import type { MeasuredText } from '../../experiments/models/measure-pair.js';
import type { ExperimentOutcome } from '../../experiments/outcome.js';
import { bringModel } from '../bring-model.js';
import { addFlags, flagName, readFlags } from '../option-flags.js';
import type { Cli } from '../services.js';
import { betweenRuns } from './between-runs.js';
import { addOutputFlags, openOutput, present } from './present.js';

export function addAcceptanceCommand(experiments: Command, cli: Cli): void {
  const description = 'how often a drafter is right where the target goes, by the method of the paper';
  addPairCommand(experiments.command('acceptance').description(description), 1, cli, async () => {
    const { presentAcceptance } = await import('../../experiments/models/acceptance.js');
    return presentAcceptance;
  });
}

export function addLatencyCommand(experiments: Command, cli: Cli): void {
  const description = 'what the passes of two models take: TTFT and TPOT';
  // A first pass, and one that follows it.
  addPairCommand(experiments.command('latency').description(description), 2, cli, async () => {
    const { presentLatency } = await import('../../experiments/models/latency.js');
    return presentLatency;
  });
}

type PresentTexts = (texts: readonly MeasuredText[]) => ExperimentOutcome;

function addPairCommand(
  command: Command,
  fewestTokens: number,
  cli: Cli,
  loadPresenter: () => Promise<PresentTexts>,
): void {
  addFlags(command, pairOptionDefinitions);
  addOutputFlags(command);
  command.action(async () => {
    const options = compilePairOptions(
      readFlags(command, pairOptionDefinitions),
      cli.io.context(flagName(pairOptionDefinitions)),
    );
    const output = openOutput(command);
    const texts = await measure(options, cli);
    if (texts.every(({ tokenIds }) => tokenIds.length < fewestTokens))
      throw new InvalidOptionError(
        '--prompt-file',
        options.promptFile,
        `a file with a prompt after which the model says ${fewestTokens} ${fewestTokens === 1 ? 'token' : 'tokens'} or more`,
      );
    const presentTexts = await loadPresenter();
    const { store: _, ...settings } = options;
    cli.exit(await present(command, cli.io, output, settings, presentTexts(texts)));
  });
}

async function measure(options: CompiledPairOptions, { io, services }: Cli): Promise<MeasuredText[]> {
  const prompts = (await readPrompts(options.promptFile)).slice(0, options.prompts);
  for (const name of [options.model, options.drafter]) await bringModel(name, options.store, io, services);
  const [{ openPair }, { measurePair }, { encodePrompt }] = await Promise.all([
    import('../../experiments/models/open-pair.js'),
    import('../../experiments/models/measure-pair.js'),
    import('../../../core/prompt.js'),
  ]);
  const pair = await openPair(options);
  try {
    const encoded = prompts.map((text) =>
      encodePrompt(
        pair.tokenizer,
        options.chat
          ? { kind: 'chat', messages: [{ role: 'user', content: text }] }
          : { kind: 'text', text, special: false },
      ),
    );
    return await measurePair(pair, { prompts: encoded, maxTokens: options.maxTokens }, betweenRuns(io));
  } finally {
    await pair.close();
  }
}

/** Lines that are not empty, or the texts of a JSON array. */
async function readPrompts(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new SystemError(`cannot read --prompt-file ${file}: ${errorMessage(error)}`, { cause: error });
  });
  const prompts = file.endsWith('.json')
    ? parseTexts(text)
    : text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (prompts === undefined || prompts.length === 0)
    throw new InvalidOptionError(
      '--prompt-file',
      file,
      'a file of prompts: one a line, or a JSON array of texts',
    );
  return prompts;
}

function parseTexts(text: string): string[] | undefined {
  try {
    const texts: unknown = JSON.parse(text);
    const isTexts = Array.isArray(texts) && texts.every((one) => typeof one === 'string' && one !== '');
    return isTexts ? texts : undefined;
  } catch {
    return undefined;
  }
}
