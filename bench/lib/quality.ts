import type { Decoder } from '../../infra/onnx/decoder.js';

/** How close one graph's predictions are to another's, over the same positions. */
export interface Quality {
  readonly positions: number;
  /** Mean Kullback-Leibler divergence from the reference's distribution, in nats. */
  readonly meanKl: number;
  /** Share of positions with the same likeliest token. */
  readonly sameTop: number;
  readonly referencePerplexity: number;
  readonly perplexity: number;
}

const CHUNK_TOKENS = 32;

/** Compares after every token but the last of each text; perplexity is that of the text's own next tokens. */
export async function compareQuality(
  reference: Decoder,
  candidate: Decoder,
  texts: readonly (readonly number[])[],
): Promise<Quality> {
  const sum = { positions: 0, kl: 0, same: 0, referenceLoss: 0, loss: 0 };
  for (const text of texts) {
    const stores = [reference.openStore(), candidate.openStore()] as const;
    for (let at = 0; at + 1 < text.length; at += CHUNK_TOKENS) {
      const tokens = text.slice(at, Math.min(at + CHUNK_TOKENS, text.length - 1));
      const expected = await reference.pass(stores[0], tokens, at, tokens.length, 2);
      const actual = await candidate.pass(stores[1], tokens, at, tokens.length, 2);
      tokens.forEach((_, i) => {
        const [p, q] = [summary(expected[i]), summary(actual[i])];
        const next = text[at + i + 1] as number;
        sum.positions++;
        sum.kl += divergence(p, q);
        sum.same += p.top === q.top ? 1 : 0;
        sum.referenceLoss += p.normaliser - (p.logits[next] as number);
        sum.loss += q.normaliser - (q.logits[next] as number);
      });
    }
    for (const store of stores) store.release();
  }
  return {
    positions: sum.positions,
    meanKl: sum.kl / sum.positions,
    sameTop: sum.same / sum.positions,
    referencePerplexity: Math.exp(sum.referenceLoss / sum.positions),
    perplexity: Math.exp(sum.loss / sum.positions),
  };
}

interface Summary {
  readonly logits: Float32Array;
  readonly top: number;
  /** Logarithm of the sum of e^logit. */
  readonly normaliser: number;
}

function summary(logits: Float32Array = new Float32Array()): Summary {
  let top = 0;
  for (let id = 1; id < logits.length; id++) if ((logits[id] as number) > (logits[top] as number)) top = id;
  const most = logits[top] as number;
  let total = 0;
  for (let id = 0; id < logits.length; id++) total += Math.exp((logits[id] as number) - most);
  return { logits, top, normaliser: most + Math.log(total) };
}

function divergence(p: Summary, q: Summary): number {
  let sum = 0;
  for (let id = 0; id < p.logits.length; id++) {
    const log = (p.logits[id] as number) - p.normaliser;
    sum += Math.exp(log) * (log - (q.logits[id] as number) + q.normaliser);
  }
  return sum;
}
