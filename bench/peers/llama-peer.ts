import { availableParallelism } from 'node:os';
import { type LlamaDrafting, openDraftedSequence } from './llama-cpp.js';
import { type Opening, type Peer, TokenTimes } from './peer.js';

const CONTEXT_TOKENS = 1024;

/** node-llama-cpp on all cores, plain or with one of its token predictors. */
export async function openLlama(opening: Extract<Opening, { kind: 'llama.cpp' }>): Promise<Peer> {
  const { sequence, expect } = await openDraftedSequence(opening.gguf, draftingOf(opening), {
    contextSize: CONTEXT_TOKENS,
    threads: availableParallelism(),
  });
  return {
    decode: async ({ ids, tokens }) => {
      await sequence.clearHistory();
      const { validated, refuted } = sequence.tokenPredictions;
      const times = new TokenTimes();
      expect(ids);
      for await (const token of sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })) {
        times.push(token);
        if (times.count === tokens) break;
      }
      const accepted = sequence.tokenPredictions.validated - validated;
      const decided = accepted + sequence.tokenPredictions.refuted - refuted;
      return { ...times.finish(), ...(decided === 0 ? {} : { accepted, decided }) };
    },
    // The process ends next.
    close: async () => {},
  };
}

function draftingOf({ predictor, draftGguf }: Extract<Opening, { kind: 'llama.cpp' }>): LlamaDrafting {
  if (predictor !== 'draft') return { predictor };
  if (draftGguf === undefined) throw new Error('it has no draft model');
  return { predictor, draftPath: draftGguf };
}
