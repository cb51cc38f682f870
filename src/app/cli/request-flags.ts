import type { Command } from 'commander';
import type { GenerationRequest } from '../../core/engine.js';
import { InvalidOptionError } from '../../core/errors.js';
import type { RequestField } from '../../core/request-check.js';

interface RequestFlag {
  readonly field: RequestField;
  readonly flag: string;
  readonly placeholder?: string;
  readonly description: string;
  /** In words. */
  readonly defaultText: string;
}

/** Numbers of a request, one flag each. Mode, lookahead and targets are settings of the engine. */
const NUMBER_FLAGS: readonly RequestFlag[] = [
  {
    field: 'maxTokens',
    flag: 'max-tokens',
    placeholder: 'N',
    description: 'most tokens to generate',
    defaultText: '256',
  },
  {
    field: 'temperature',
    flag: 'temperature',
    placeholder: 'T',
    description: '0 is greedy',
    defaultText: '0',
  },
  {
    field: 'topK',
    flag: 'top-k',
    placeholder: 'K',
    description: 'keep the K likeliest; 0 is off',
    defaultText: '0',
  },
  {
    field: 'topP',
    flag: 'top-p',
    placeholder: 'P',
    description: 'keep the likeliest that sum to P',
    defaultText: '1',
  },
  {
    field: 'minP',
    flag: 'min-p',
    placeholder: 'P',
    description: 'keep those P times as likely as the best',
    defaultText: '0',
  },
  {
    field: 'repetitionPenalty',
    flag: 'repetition-penalty',
    placeholder: 'X',
    description: 'divides logits of tokens seen; 1 is off',
    defaultText: '1',
  },
  {
    field: 'presencePenalty',
    flag: 'presence-penalty',
    placeholder: 'X',
    description: 'subtracted once from tokens seen in the output',
    defaultText: '0',
  },
  {
    field: 'frequencyPenalty',
    flag: 'frequency-penalty',
    placeholder: 'X',
    description: 'subtracted per occurrence in the output',
    defaultText: '0',
  },
  {
    field: 'minTokens',
    flag: 'min-tokens',
    placeholder: 'N',
    description: 'no end before N tokens',
    defaultText: '0',
  },
  {
    field: 'logprobs',
    flag: 'logprobs',
    placeholder: 'N',
    description: "tell each token's log probability and the N likeliest tokens (--json)",
    defaultText: 'told of none',
  },
  {
    field: 'seed',
    flag: 'seed',
    placeholder: 'N',
    description: 'equal seeds give equal texts',
    defaultText: 'drawn',
  },
];

const NAMES: Readonly<Partial<Record<RequestField, string>>> = {
  ...Object.fromEntries(NUMBER_FLAGS.map(({ field, flag }) => [field, `--${flag}`])),
  prompt: '--prompt',
  rawPrompt: '--prompt',
  messages: '--chat',
  mode: '--mode',
  lookahead: '--lookahead',
  targets: '--targets',
  logitBias: '--logit-bias',
  stop: '--stop',
  ignoreEndTokens: '--ignore-eos',
};

/** How a field of a request is spelt on the command line. */
export function requestFlagName(field: string): string {
  return (NAMES as Readonly<Record<string, string>>)[field] ?? field;
}

/** `defaults`: of a command that has others than the engine; `omitted`: what would have no effect in it. */
export function addRequestFlags(
  command: Command,
  defaults: Readonly<Partial<Record<RequestField, unknown>>> = {},
  omitted: readonly RequestField[] = [],
): void {
  for (const { field, flag, placeholder, description, defaultText } of NUMBER_FLAGS)
    if (!omitted.includes(field))
      command.option(
        `--${flag} <${placeholder}>`,
        `${description} (default: ${defaults[field] ?? defaultText})`,
      );
  command
    .option('--stop <TEXT>', 'end the text before TEXT; up to 4 times', collect)
    .option('--logit-bias <ID=B>', 'add B (-100 to 100) to the logit of token ID; repeatable', collect)
    .option('--ignore-eos', 'go on after an end token');
}

/** All of a request but its prompt, read but not yet checked: `checkRequest` does that. */
export function readRequestFlags(command: Command): Omit<GenerationRequest, 'prompt'> {
  const given: Readonly<Record<string, unknown>> = command.opts();
  const request: Record<string, unknown> = {};
  for (const { field } of NUMBER_FLAGS) {
    const text = given[field];
    if (typeof text === 'string') request[field] = numberOrText(text);
  }
  if (given.stop !== undefined) request.stop = given.stop;
  if (given.ignoreEos === true) request.ignoreEndTokens = true;
  if (Array.isArray(given.logitBias)) request.logitBias = readBiases(given.logitBias);
  return request;
}

function readBiases(pairs: readonly string[]): Record<string, unknown> {
  const biases: Record<string, unknown> = {};
  for (const pair of pairs) {
    const [, id, bias] = /^(\d+)=(.+)$/.exec(pair) ?? [];
    if (id === undefined || bias === undefined)
      throw new InvalidOptionError('--logit-bias', pair, 'a token id and a bias, such as 42=-5');
    const key = id.replace(/^0+(?=\d)/, '');
    if (Object.hasOwn(biases, key))
      throw new InvalidOptionError(`--logit-bias of token ${key}`, pair, 'given once');
    biases[key] = numberOrText(bias);
  }
  return biases;
}

/** What is no number stays text, and is refused under its name later; so does what would be told rounded. */
function numberOrText(text: string): number | string {
  const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
  return isNumber && Math.abs(Number(text)) <= Number.MAX_SAFE_INTEGER ? Number(text) : text;
}

function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}
