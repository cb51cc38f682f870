import { availableParallelism } from 'node:os';
import type { DecodeRequest, Opening } from './peer.js';

/** One way to decode: how to open its process, and how to ask. Those with equal openings share a process. */
export interface Contender {
  readonly name: string;
  readonly opening: Opening;
  readonly request: Pick<DecodeRequest, 'mode' | 'lookahead'>;
}

/** What the others are held against. */
export const PLAIN = 'none';
export const DSI = 'dsi';
export const LLAMA = 'llama.cpp';

/**
 * Everything that is compared. `si` gives its two models all cores each, since only one of them works at a time; `dsi`
 * and `auto` run as an engine does that was told nothing but the model.
 */
export function contenders(
  gguf: string,
  folder: string,
  lookaheads: readonly number[],
  draftGguf: string | undefined,
): Contender[] {
  const byDefault: Opening = { kind: 'slipstream' };
  // On two cores that is the default, and one engine serves all: two of them differ in speed by a tenth and more for as long
  // as they live.
  const cores = availableParallelism();
  const inTurns: Opening = cores <= 2 ? byDefault : { kind: 'slipstream', threads: cores };
  const llama = (predictor: 'none' | 'lookup' | 'draft'): Opening => ({
    kind: 'llama.cpp',
    gguf,
    predictor,
    ...(draftGguf === undefined ? {} : { draftGguf }),
  });
  return [
    { name: PLAIN, opening: { kind: 'slipstream', drafter: 'none' }, request: { mode: 'none' } },
    ...lookaheads.map(
      (lookahead): Contender => ({
        name: `si ${lookahead}`,
        opening: inTurns,
        request: { mode: 'si', lookahead },
      }),
    ),
    { name: DSI, opening: byDefault, request: { mode: 'dsi' } },
    { name: 'auto', opening: byDefault, request: { mode: 'auto' } },
    { name: LLAMA, opening: llama('none'), request: {} },
    { name: `${LLAMA}, lookup`, opening: llama('lookup'), request: {} },
    { name: `${LLAMA}, draft model`, opening: llama('draft'), request: {} },
    { name: 'transformers.js', opening: { kind: 'transformers.js', folder }, request: {} },
    { name: 'onnxruntime loop', opening: { kind: 'onnxruntime', folder }, request: {} },
  ];
}
