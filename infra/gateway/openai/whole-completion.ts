import { textOf } from '../../../src/core/text-of.js';
import { untilEnd } from '../../../src/core/until-end.js';
import type { Choices } from './choices.js';
import { type CompletionKind, choiceOf } from './completion-kind.js';
import { contentTokens } from './completion-logprobs.js';

/** An answer in one piece, when every choice has ended. Throws what the first one that fails failed with. */
export async function wholeCompletion(kind: CompletionKind, choices: Choices): Promise<object> {
  const { handles } = choices;
  await Promise.all(handles.map(async ({ log }, index) => choices.ended(index, await untilEnd(log))));
  return {
    ...choices.head(kind.object),
    choices: handles.map(({ log: { tokens }, request }, index) => {
      const logprobs =
        request.logprobs === undefined ? null : kind.logprobs(contentTokens(tokens, request), 0);
      return {
        ...choiceOf(index, kind.whole(textOf(tokens)), choices.finishReason(index), logprobs),
        ...choices.reportInside(index),
      };
    }),
    usage: choices.usage(),
    ...choices.reportBeside,
  };
}
