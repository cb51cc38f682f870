import { TokenizerMismatchError } from '../../src/core/errors.js';
import type { Tokenizer } from '../../src/core/tokenizer.js';

/** Undefined when ids are interchangeable, else an error that names the first token that differs. */
export function compareTokenizers(
  target: Tokenizer,
  drafter: Tokenizer,
  names: { readonly target: string; readonly drafter: string } = { target: 'target', drafter: 'drafter' },
): TokenizerMismatchError | undefined {
  if (target.hash === drafter.hash) return undefined;
  const size = Math.max(target.vocabularySize, drafter.vocabularySize);
  const describe = (token: string | undefined): string =>
    token === undefined ? 'absent' : JSON.stringify(token);
  const beginning = `${names.drafter} cannot draft for ${names.target}: their tokenizers differ`;
  for (let id = 0; id < size; id++) {
    const ours = target.tokenName(id);
    const theirs = drafter.tokenName(id);
    if (ours !== theirs) {
      return new TokenizerMismatchError(
        `${beginning}, first at token ${id}: ${describe(theirs)} in ${names.drafter}, ${describe(ours)} in ${names.target}`,
      );
    }
  }
  return new TokenizerMismatchError(`${beginning}: same ${size} tokens, but other merges`);
}
