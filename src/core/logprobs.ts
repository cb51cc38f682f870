import { z } from 'zod';

/** Most alternatives of a token. */
export const MOST_TOP_LOGPROBS = 20;

/** In place of what is less likely than this, and of -Infinity, which JSON does not have. */
const LEAST_LOGPROB = -9999;

const logprob = z.number().min(LEAST_LOGPROB).max(0);

/**
 * What a target says of its own next token: natural logarithms of the softmax of its logits as the model gives them,
 * before temperature, penalties, biases and filters (vLLM's `raw_logprobs`). They are a function of target and path
 * alone, so they are the same in every mode.
 */
export const tokenLogprobsSchema = z.object({
  /** Of the token that was picked. */
  logprob,
  /** The likeliest tokens, the likeliest first, the lower id first of equals; the picked one may not be among them. */
  top: z.array(z.tuple([z.int().min(0), logprob])).max(MOST_TOP_LOGPROBS),
});

export type TokenLogprobs = Readonly<z.infer<typeof tokenLogprobsSchema>>;

/** Of `picked` and the `count` likeliest (0..20). `row`: the model's logits after a path, none of them NaN. */
export function tokenLogprobs(row: Float32Array, picked: number, count: number): TokenLogprobs {
  const likeliest = likeliestIds(row, Math.max(1, count));
  const largest = row[likeliest[0] as number] as number;
  let total = 0;
  for (let id = 0; id < row.length; id++) total += Math.exp((row[id] as number) - largest);
  const normaliser = largest + Math.log(total);
  const logprobOf = (id: number) => Math.max(LEAST_LOGPROB, Math.min(0, (row[id] as number) - normaliser));
  return {
    logprob: logprobOf(picked),
    top: likeliest.slice(0, count).map((id) => [id, logprobOf(id)]),
  };
}

/** The ids of the `count` largest logits, by insertion: few are asked for and most logits are below all of them. */
function likeliestIds(row: Float32Array, count: number): number[] {
  const ids: number[] = [];
  let least = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < row.length; id++) {
    const logit = row[id] as number;
    if (ids.length === count && logit <= least) continue;
    let place = ids.length;
    while (place > 0 && (row[ids[place - 1] as number] as number) < logit) place--;
    ids.splice(place, 0, id);
    if (ids.length > count) ids.pop();
    least = row[ids[ids.length - 1] as number] as number;
  }
  return ids;
}
