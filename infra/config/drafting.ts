import { InvalidOptionError } from '../../src/core/errors.js';

/** Who guesses ahead. */
export interface Drafting {
  /** Lookup in prompt and output. */
  readonly ngram: boolean;
  /** Names of different models. */
  readonly models: readonly string[];
}

const MOST_MODELS = 4;

/** What `ngram`, `MODEL`, `ngram,MODEL,...` or `none` means. Throws InvalidOptionError. */
export function parseDrafting(text: string, field: string): Drafting {
  const names = text.split(',').map((name) => name.trim());
  const refuse = (allowed: string) => new InvalidOptionError(field, text, allowed);
  if (names.includes('')) throw refuse('names separated by single commas');
  if (new Set(names).size < names.length) throw refuse('different names');
  if (names.includes('none')) {
    if (names.length > 1) throw refuse('none alone, or names without none');
    return Object.freeze({ ngram: false, models: Object.freeze([]) });
  }
  const models = Object.freeze(names.filter((name) => name !== 'ngram'));
  if (models.length > MOST_MODELS) throw refuse(`${MOST_MODELS} models at most`);
  return Object.freeze({ ngram: names.includes('ngram'), models });
}

export function isUndrafted({ ngram, models }: Drafting): boolean {
  return !ngram && models.length === 0;
}

/** As `parseDrafting` reads it; undefined: nobody. */
export function draftingText(drafting: Drafting): string | undefined {
  if (isUndrafted(drafting)) return undefined;
  return [...(drafting.ngram ? ['ngram'] : []), ...drafting.models].join(',');
}
