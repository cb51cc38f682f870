import { InvalidOptionError } from '../../../src/core/errors.js';
import { resolveGiven } from '../given-options.js';
import {
  type CompiledModelStoreOptions,
  compileModelStoreOptions,
  type ModelStoreOptions,
  modelStoreOptionDefinitions,
} from '../model-store-options.js';
import { integerOption, type OptionDefinitions, switchOption, textOption } from '../option.js';
import type { ConfigContext } from '../resolve.js';

/** What `slipstream experiment acceptance` and `latency` are told. */
export interface PairOptions extends ModelStoreOptions {
  readonly model?: string;
  readonly drafter?: string;
  readonly promptFile?: string;
  readonly prompts?: number;
  readonly maxTokens?: number;
  readonly chat?: boolean;
  readonly threads?: number;
}

export interface CompiledPairOptions {
  readonly model: string;
  /** `ngram`, or a model. */
  readonly drafter: string;
  readonly promptFile: string;
  /** Of the file, so many from its beginning. */
  readonly prompts: number;
  readonly maxTokens: number;
  /** Prompts are messages of a user. */
  readonly chat: boolean;
  readonly threads: number;
  readonly store: CompiledModelStoreOptions;
}

export const pairOptionDefinitions: OptionDefinitions<PairOptions> = {
  model: textOption({
    flag: 'model',
    placeholder: 'MODEL',
    description: 'the target: a name from `slipstream models list`, a folder, or sim:...',
    defaultText: 'smollm2',
  }),
  drafter: textOption({
    flag: 'drafter',
    placeholder: 'ngram|MODEL',
    description: 'who guesses: lookup in the text so far, or a model',
    defaultText: 'ngram',
  }),
  promptFile: textOption({
    flag: 'prompt-file',
    placeholder: 'FILE',
    description: 'prompts, one a line, or a JSON array of texts in a file named .json',
    defaultText: 'must be given',
  }),
  prompts: integerOption({
    flag: 'prompts',
    minimum: 1,
    maximum: 100_000,
    description: 'most prompts to take from the file',
    defaultText: 'all',
  }),
  maxTokens: integerOption({
    flag: 'max-tokens',
    minimum: 2,
    maximum: 100_000,
    description: 'tokens per prompt',
    defaultText: '50',
  }),
  chat: switchOption({
    flag: 'chat',
    description: "prompts are a user's messages, rendered with the model's chat template",
    defaultText: 'false',
  }),
  threads: integerOption({
    flag: 'threads',
    minimum: 1,
    maximum: 256,
    description: 'processor threads of each model',
    defaultText: 'all cores',
  }),
  ...modelStoreOptionDefinitions,
};

/**
 * Checks and completes; only where models are kept may come from the environment. Throws InvalidOptionError naming the
 * field as the caller spells it.
 */
export function compilePairOptions(options: PairOptions, context: ConfigContext): CompiledPairOptions {
  const values = resolveGiven(pairOptionDefinitions, options, context);
  const { promptFile, cacheFolder, offline } = values;
  if (promptFile === undefined)
    throw new InvalidOptionError(context.nameOf('promptFile'), undefined, 'given');
  return Object.freeze({
    model: values.model ?? 'smollm2',
    drafter: values.drafter ?? 'ngram',
    promptFile,
    prompts: values.prompts ?? 100_000,
    maxTokens: values.maxTokens ?? 50,
    chat: values.chat ?? false,
    threads: values.threads ?? context.cores,
    store: compileModelStoreOptions(
      { ...(cacheFolder !== undefined && { cacheFolder }), ...(offline !== undefined && { offline }) },
      context,
    ),
  });
}
