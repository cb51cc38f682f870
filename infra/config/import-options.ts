import { IMPORT_WEIGHTS, type ImportWeights } from '../models/import-weights.js';
import { choiceOption, type OptionDefinitions } from './option.js';
import { processContext } from './process-context.js';
import { type ConfigContext, resolveOptions } from './resolve.js';

/** How a model is made of somebody else's weights. */
export interface ImportOptions {
  /** Default `auto`. */
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
      'rowwise: int8, whose passes over many tokens take least; blockwise: blocks of a GGUF file as they are, floats in blocks of 8 bits, or ' +
      'of 4 in models of 2 billion weights and more; q8, q4: always 8 or 4; f32: all fp32',
    defaultText: 'auto: rowwise where 8-bit products of this processor are exact, else blockwise',
  }),
};

export function compileImportOptions(
  options: ImportOptions,
  context: ConfigContext = processContext(),
): CompiledImportOptions {
  const { values } = resolveOptions(importOptionDefinitions, options, context);
  return Object.freeze({ weights: values.weights });
}
