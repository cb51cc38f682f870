import type { GenerationHandle, LoggedLogprobs } from './engine.js';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A token's bytes as text; what is no whole character as OpenAI's clients know it: `bytes:\xe2\x80`. */
export function tokenLabel(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return `bytes:${[...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`;
  }
}

/** How likely a token was, as token frames and `generate --json` tell it. */
export function wireLogprobs({ logprob, top }: LoggedLogprobs) {
  return {
    logprob,
    top_logprobs: top.map(({ token, bytes, ...likely }) => ({
      token,
      text: tokenLabel(bytes),
      logprob: likely.logprob,
    })),
  };
}

/** The same of all tokens of a text that is told whole, where its request asks for them: one for each token id. */
export function logprobsField({ request, log }: Pick<GenerationHandle, 'request' | 'log'>) {
  if (request.logprobs === undefined) return {};
  return {
    logprobs: log.tokens.flatMap(({ logprobs }) => (logprobs === undefined ? [] : [wireLogprobs(logprobs)])),
  };
}
