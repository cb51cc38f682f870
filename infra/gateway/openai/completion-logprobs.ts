import type { LoggedLogprobs, LoggedToken, TokenLogprob } from '../../../src/core/engine.js';
import type { CompiledRequest } from '../../../src/core/generation.js';
import { tokenLabel } from '../../../src/core/wire-logprobs.js';

/** A token of a choice's content, and how likely it was. */
export interface ContentToken {
  readonly text: string;
  readonly logprobs: LoggedLogprobs;
}

/** Those of the tokens whose log probabilities are told: all but the end token, which is no content. */
export function contentTokens(tokens: readonly LoggedToken[], request: CompiledRequest): ContentToken[] {
  const { endTokenIds } = request.sampler;
  return tokens.flatMap(({ token, text, logprobs }) =>
    logprobs === undefined || endTokenIds.includes(token) ? [] : [{ text, logprobs }],
  );
}

/** As a chat's choice has them. */
export function chatLogprobs(tokens: readonly ContentToken[]) {
  return {
    content: tokens.map(({ logprobs }) => ({
      ...entry(logprobs),
      top_logprobs: logprobs.top.map(entry),
    })),
    refusal: null,
  };
}

/** As a text's choice has them. `offset`: characters of the text before these tokens. */
export function textLogprobs(tokens: readonly ContentToken[], offset: number) {
  let end = offset;
  return {
    text_offset: tokens.map(({ text }) => {
      end += text.length;
      return end - text.length;
    }),
    tokens: tokens.map(({ logprobs }) => tokenLabel(logprobs.bytes)),
    token_logprobs: tokens.map(({ logprobs }) => logprobs.logprob),
    top_logprobs: tokens.map(({ logprobs }) => byLabel([...logprobs.top, logprobs])),
  };
}

function entry({ bytes, logprob }: TokenLogprob) {
  return { token: tokenLabel(bytes), logprob, bytes: [...bytes] };
}

/** Of tokens that read alike the first counts, which is the likelier one. */
function byLabel(tokens: readonly TokenLogprob[]): Record<string, number> {
  const labelled = tokens.map(({ bytes, logprob }): [string, number] => [tokenLabel(bytes), logprob]);
  return Object.fromEntries(labelled.reverse());
}
