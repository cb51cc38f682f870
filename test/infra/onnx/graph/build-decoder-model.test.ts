import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Decoder } from '../../../../infra/onnx/decoder.js';
import { inspectDecoderGraph } from '../../../../infra/onnx/decoder-graph-info.js';
import { buildDecoderModel } from '../../../../infra/onnx/graph/build-decoder-model.js';
import { toWeights } from '../../../../infra/onnx/graph/weights.js';
import { readModelFiles } from '../../../../infra/onnx/model-files.js';
import { createSession } from '../../../../infra/onnx/runtime.js';
import type { DecoderCheckpoint, LayerMatrix, StoredMatrix } from '../../../../src/core/checkpoint.js';
import { ModelFormatError } from '../../../../src/core/errors.js';
import { largestLogit } from '../../../../src/core/sampler-contest.js';
import { type TinyModelOptions, tinyCheckpoint } from '../../../support/tiny-model.js';
import { referenceLogits } from '../../../support/tiny-reference.js';
import { exactRows } from '../exact-rows.js';
import { modelFolder } from '../open-model.js';

const folder = modelFolder();
const tokens = Array.from({ length: 24 }, (_, i) => (i * 37 + 11) % 512);

/** Enough to turn a wrong frequency into wrong logits. */
const ropeDivisors = [1, 1, 1.5, 2, 3, 4, 4, 4];
const everyFeature: TinyModelOptions = { attentionBiases: true, headNorms: true, ropeDivisors };

function newFolder(name: string): string {
  mkdirSync(folder(name), { recursive: true });
  return join(folder(name), 'model.onnx');
}

async function openDecoder(path: string): Promise<Decoder> {
  const { model } = await readModelFiles(path);
  const session = await createSession(path, { threads: 1, provider: 'cpu' });
  return new Decoder(session, inspectDecoderGraph(model, path, 'target'), 'rows');
}

/** The largest difference to the reference, of logits whose standard deviation is about 4. */
async function largestError(
  name: string,
  checkpoint: DecoderCheckpoint,
  weights: 'stored' | 'f32',
): Promise<number> {
  const path = newFolder(name);
  await buildDecoderModel(checkpoint, path, { weights });
  const decoder = await openDecoder(path);
  const store = decoder.openStore();
  const logits = [
    ...(await decoder.pass(store, tokens.slice(0, 7), 0, 7, 2)),
    ...(await decoder.pass(store, tokens.slice(7), 7, tokens.length - 7, 2)),
  ];
  const expected = referenceLogits(checkpoint, tokens);
  await decoder.release();
  return Math.max(
    ...expected.flatMap((row, i) => row.map((value, id) => Math.abs(value - (logits[i]?.[id] as number)))),
  );
}

/** A built graph computes what the checkpoint's weights define. */
describe('buildDecoderModel', () => {
  it.each<[string, TinyModelOptions]>([
    ['half-split RoPE', {}],
    ['interleaved RoPE', { ropeInterleaved: true }],
    ['tied embeddings', { tiedEmbeddings: true, seed: 2 }],
    ['f16', { format: 'f16' }],
    ['bf16', { format: 'bf16' }],
    ['biases', { attentionBiases: true }],
    ['norms of heads', { headNorms: true, tiedEmbeddings: true }],
    ['norms of heads and biases, interleaved RoPE', { ...everyFeature, ropeInterleaved: true }],
    ['scaled positions', { ropeDivisors }],
  ])('equals the reference: %s', async (name, options) => {
    expect(await largestError(name, tinyCheckpoint(options), 'stored')).toBeLessThan(1e-3);
  });

  it.each(['q8_0', 'q4_0', 'q4_1'] as const)('equals the reference: %s', async (format) => {
    const checkpoint = tinyCheckpoint({ format, tiedEmbeddings: true, ropeInterleaved: true });
    expect(await largestError(`${format}-f32`, checkpoint, 'f32')).toBeLessThan(1e-3);
    // Multiplied as stored, activations are rounded to 8 bits.
    const rounded = await largestError(`${format}-stored`, checkpoint, 'stored');
    expect(rounded).toBeGreaterThan(1e-3);
    expect(rounded).toBeLessThan(1.5);
  });

  it.each<[string, TinyModelOptions]>([
    ['half-split RoPE', {}],
    ['interleaved RoPE, tied embeddings', { ropeInterleaved: true, tiedEmbeddings: true }],
    ['q4_1', { format: 'q4_1', seed: 3 }],
    ['one layer', { layers: 1, format: 'bf16' }],
    ['biases', { attentionBiases: true }],
    ['norms of heads', { headNorms: true }],
    ['all of that, scaled positions', everyFeature],
  ])('comes close to the reference with int8 rows between rotated vectors: %s', async (name, options) => {
    const checkpoint = tinyCheckpoint(options);
    const path = newFolder(`rowwise-${name}`);
    await buildDecoderModel(checkpoint, path, { weights: await exactRows() });
    const decoder = await openDecoder(path);
    const logits = await decoder.pass(decoder.openStore(), tokens, 0, tokens.length, 2);
    await decoder.release();
    const squares = { error: 0, size: 0 };
    referenceLogits(checkpoint, tokens).forEach((row, i) => {
      row.forEach((value, id) => {
        squares.error += (value - (logits[i]?.[id] as number)) ** 2;
        squares.size += value ** 2;
      });
    });
    // Anything folded wrongly makes it 1 or more.
    expect(Math.sqrt(squares.error / squares.size)).toBeLessThan(0.06);
  });

  it('gives the same bits for blocks and for floats that lie on their grid', async () => {
    const blocks = tinyCheckpoint({ format: 'q8_0' });
    const floats = (stored: StoredMatrix): StoredMatrix => {
      const weights = toWeights(stored, 'f32');
      if (weights.kind !== 'float') throw new Error('not floats');
      return { ...stored, format: 'f32', bytes: new Uint8Array(weights.values.buffer) };
    };
    const rounded = {
      ...blocks,
      embedding: () => floats(blocks.embedding()),
      output: () => floats(blocks.output()),
      matrix: (layer: number, which: LayerMatrix) => floats(blocks.matrix(layer, which)),
    };
    const logits: Float32Array[][] = [];
    for (const [checkpoint, weights] of [[blocks, 'stored'] as const, [rounded, 'q8'] as const]) {
      const path = newFolder(`grid-${weights}`);
      await buildDecoderModel(checkpoint, path, { weights });
      const decoder = await openDecoder(path);
      logits.push(await decoder.pass(decoder.openStore(), tokens, 0, tokens.length, 2));
      await decoder.release();
    }
    expect(logits[1]).toEqual(logits[0]);
  });

  it('keeps embedding and output projection in 8 bits where the layers have 4', async () => {
    const path = newFolder('q4');
    await buildDecoderModel(tinyCheckpoint({ format: 'bf16' }), path, { weights: 'q4' });
    const { model } = await readModelFiles(path);
    const nodes = model.graph.node.filter(({ opType }) => opType === 'MatMulNBits');
    const bits = nodes.map(({ attribute }) => attribute.find(({ name }) => name === 'bits')?.i);
    expect(bits).toEqual([4, 4, 4, 4, 4, 4, 4, 4, 8]);
    const tables = model.graph.initializer.filter(({ name }) => /^(embedding|output).quants/.test(name));
    expect(tables.map(({ dims }) => dims)).toEqual([
      [512, 2, 32],
      [512, 2, 32],
    ]);
  });

  it('gives logits of the wanted rows alone, and none when none are wanted', async () => {
    const path = newFolder('rows');
    await buildDecoderModel(tinyCheckpoint({ format: 'q4_1' }), path);
    const decoder = await openDecoder(path);
    const all = await decoder.pass(decoder.openStore(), tokens, 0, tokens.length, 2);
    const store = decoder.openStore();
    expect(await decoder.pass(store, tokens.slice(0, 20), 0, 0, 2)).toEqual([]);
    expect(await decoder.pass(store, tokens.slice(20), 20, 1, 2)).toEqual(all.slice(-1));
    await decoder.release();
  });

  it.each(['stored', 'rowwise'] as const)(
    'gives the two largest logits, the lower id first: %s',
    async (weights) => {
      const whole = tinyCheckpoint();
      const output = whole.output();
      const bytes = output.bytes.slice();
      const rowBytes = bytes.length / output.rows;
      // Every id ties with its neighbour.
      for (let row = 0; row < output.rows; row += 2)
        bytes.copyWithin((row + 1) * rowBytes, row * rowBytes, (row + 1) * rowBytes);
      const path = newFolder(`top-${weights}`);
      await buildDecoderModel({ ...whole, output: () => ({ ...output, bytes }) }, path, { weights });
      const decoder = await openDecoder(path);
      const logits = await decoder.pass(decoder.openStore(), tokens, 0, tokens.length, 2);
      const winners = await decoder.topPass(decoder.openStore(), tokens, 0, tokens.length, 2);
      await decoder.release();
      expect(winners).toEqual(logits.map(largestLogit));
      for (const { winner, best, second } of winners) expect([winner % 2, second]).toEqual([0, best]);
    },
  );

  it('reports progress and leaves whole files only', async () => {
    const shares: number[] = [];
    const path = newFolder('progress');
    await buildDecoderModel(tinyCheckpoint(), path, { onProgress: (share) => shares.push(share) });
    expect(shares[0]).toBe(0);
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(readdirSync(folder('progress')).sort()).toEqual(['model.onnx', 'model.onnx.data']);
  });

  it('refuses a matrix of the wrong shape or size, naming it, and leaves nothing', async () => {
    const whole = tinyCheckpoint();
    const path = newFolder('damaged');
    const damaged = (change: Partial<DecoderCheckpoint>) => buildDecoderModel({ ...whole, ...change }, path);
    await expect(damaged({ matrix: (layer) => whole.matrix(layer, 'q') })).rejects.toThrow(
      /layer 0 k: shape is 64 x 64, but must be 32 x 64/,
    );
    const output = whole.output();
    await expect(damaged({ output: () => ({ ...output, bytes: output.bytes.subarray(4) }) })).rejects.toThrow(
      /output: has 131068 bytes, but must have 131072/,
    );
    await expect(damaged({ finalNorm: () => new Float32Array(63) })).rejects.toThrow(/final norm/);
    await expect(damaged({ config: { ...whole.config, kvHeads: 3 } })).rejects.toThrow(ModelFormatError);
    const wide = { ...whole.config, feedForwardWidth: 70_000 };
    const tooWide = buildDecoderModel({ ...whole, config: wide }, path, { weights: 'rowwise' });
    await expect(tooWide).rejects.toThrow(
      /down: rows of 70000 are too long for sums in 32 bits: at most 66311/,
    );
    const infinite = new Float32Array(64).fill(Number.POSITIVE_INFINITY);
    await expect(damaged({ finalNorm: () => infinite })).rejects.toThrow(
      /final norm: has a value that is not/,
    );
    const bad = { ...output, bytes: output.bytes.slice() };
    bad.bytes.fill(255, 400, 404);
    for (const weights of ['stored', 'q8', 'q4', 'rowwise'] as const) {
      const broken = buildDecoderModel({ ...whole, output: () => bad }, path, { weights });
      await expect(broken).rejects.toThrow(/output: has a weight that is not finite/);
    }
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(folder('damaged'))).toEqual([]);
  });
});
