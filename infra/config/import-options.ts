import { DEFAULT_IMPORT_WEIGHTS, IMPORT_WEIGHTS, type ImportWeights } from '../models/import-weights.js';
import { choiceOption, type OptionDefinitions } from './option.js';
import { processContext } from './process-context.js';
import { type ConfigContext, resolveOptions } from './resolve.js';

/** How a model is made of somebody else's weights. */
export interface ImportOptions {
  /** Default `blockwise`. */
  readonly weights?: ImportWeights;
}

export interface CompiledImportOptions {
  /** Undefined: the default. A folder with a graph, which is used as it is, has no choice. */
  readonly weights: ImportWeights | undefined;
}

export const importOptionDefinitions: OptionDefinitions<ImportOptions> = {
  weights: choiceOption({
    flag: 'weights',
    choices: IMPORT_WEIGHTS,
    description:
      'form of float weights: 8-bit blocks (in models of 2 billion weights and more 4-bit ones), always 8 bits, ' +
      'always 4 bits, or fp32; blocks of a GGUF file stay as they are, except with f32',
    defaultText: DEFAULT_IMPORT_WEIGHTS,
  }),
};

export function compileImportOptions(
  options: ImportOptions,
  context: ConfigContext = processContext(),
): CompiledImportOptions {
  const { values } = resolveOptions(importOptionDefinitions, options, context);
  return Object.freeze({ weights: values.weights });
}
