import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gguf } from '@huggingface/gguf';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGguf } from '../../../infra/models/gguf-reader.js';
import { layerVectors } from '../../../src/core/checkpoint.js';
import { ModelFormatError, ModelNotFoundError } from '../../../src/core/errors.js';
import { writeGguf } from '../../support/gguf-writer.js';
import { tinyGguf } from '../../support/tiny-gguf.js';

let folder = '';
let path = '';
const whole = writeGguf(tinyGguf());
const tensorDataStart = whole.length - tinyGguf().tensors.reduce((sum, { bytes }) => sum + bytes.length, 0);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipstream-gguf-'));
  path = join(folder, 'tiny.gguf');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Opens and reads everything there is to read. */
function readAll(bytes: Uint8Array): void {
  writeFileSync(path, bytes);
  const file = openGguf(path);
  try {
    const checkpoint = file.checkpoint('00');
    checkpoint.embedding();
    checkpoint.finalNorm();
    for (let layer = 0; layer < checkpoint.config.layers; layer++) {
      for (const which of ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const)
        checkpoint.matrix(layer, which);
      for (const which of layerVectors(checkpoint.config).keys()) checkpoint.vector(layer, which);
    }
  } finally {
    file.close();
  }
}

function refusal(bytes: Uint8Array): ModelFormatError {
  try {
    readAll(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(ModelFormatError);
    return error as ModelFormatError;
  }
  throw new Error('the file was accepted');
}

function patched(find: string, change: (bytes: Uint8Array, at: number) => void): Uint8Array {
  const bytes = whole.slice();
  const at = Buffer.from(bytes.buffer).indexOf(find);
  expect(at).toBeGreaterThan(0);
  change(bytes, at + find.length);
  return bytes;
}

describe('openGguf', () => {
  it('reads configuration, matrices and norms as they were written', async () => {
    writeFileSync(path, whole);
    const file = openGguf(path);
    const checkpoint = file.checkpoint('ab');
    expect(checkpoint.config).toMatchObject({
      layers: 2,
      width: 32,
      heads: 2,
      kvHeads: 1,
      headSize: 16,
      feedForwardWidth: 64,
      contextTokens: 128,
      ropeBase: 10_000,
      rmsEpsilon: 1e-5,
      ropeInterleaved: true,
      tiedEmbeddings: true,
    });
    expect(checkpoint.sourceHash).toBe('ab');
    const input = tinyGguf();
    for (const [name, matrix] of [
      ['token_embd.weight', checkpoint.embedding()],
      ['blk.1.ffn_down.weight', checkpoint.matrix(1, 'down')],
      ['blk.0.attn_k.weight', checkpoint.matrix(0, 'k')],
    ] as const) {
      const tensor = input.tensors.find((candidate) => candidate.name === name);
      expect([matrix.columns, matrix.rows]).toEqual(tensor?.shape);
      expect(matrix.format).toBe('q8_0');
      expect(Buffer.compare(matrix.bytes, tensor?.bytes ?? new Uint8Array())).toBe(0);
    }
    expect([...checkpoint.vector(1, 'attentionNorm')]).toEqual(new Array(32).fill(1));
    file.close();
  });

  it('agrees with an independent reader on metadata and tensor places', async () => {
    writeFileSync(path, whole);
    const theirs = await gguf(path, { allowLocalFile: true });
    const ours = openGguf(path);
    for (const [key, value] of ours.metadata)
      expect((theirs.metadata as Record<string, unknown>)[key]).toEqual(value);
    const info = theirs.tensorInfos.find(({ name }) => name === 'blk.0.attn_v.weight');
    const start = Number(theirs.tensorDataOffset) + Number(info?.offset);
    const bytes = ours.checkpoint('').matrix(0, 'v').bytes;
    expect(Buffer.compare(readFileSync(path).subarray(start, start + bytes.length), bytes)).toBe(0);
    ours.close();
  });

  it('refuses a file cut off at any byte of its header, naming file and field', () => {
    for (let length = 0; length < tensorDataStart; length += length < 64 ? 1 : 37) {
      expect(refusal(whole.slice(0, length)).message).toMatch(/^\S+tiny\.gguf: .+: .+/);
    }
  });

  it('refuses a file cut off at any byte of its weights', () => {
    for (let length = tensorDataStart; length < whole.length; length += 501)
      expect(refusal(whole.slice(0, length)).message).toMatch(/tensor ".+": ends at byte \d+, but the file/);
  });

  it('never fails otherwise than by ModelFormatError, whatever bytes are changed', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            at: fc.integer({ min: 0, max: tensorDataStart - 1 }),
            value: fc.constantFrom(0, 1, 4, 7, 8, 9, 64, 127, 128, 255),
          }),
          { minLength: 1, maxLength: 8 },
        ),
        fc.integer({ min: 0, max: whole.length }),
        fc.boolean(),
        (changes, length, cut) => {
          const bytes = whole.slice();
          for (const { at, value } of changes) bytes[at] = value;
          try {
            readAll(cut ? bytes.slice(0, length) : bytes);
          } catch (error) {
            if (!(error instanceof ModelFormatError)) throw error;
            expect(error.message).not.toContain('\n');
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['magic', Buffer.from('GGML'), 0, /magic: not a GGUF file/],
    ['version', Buffer.from([0, 0, 0, 3]), 4, /version: 50331648 is not supported/],
    ['a billion tensors', count(1e9), 8, /tensor count: 1000000000, but at most/],
    ['a billion entries', count(1e9), 16, /metadata count: 1000000000, but at most/],
    ['more tensors than fit', count(60_000), 8, /tensor count: 60000, but the file ends/],
    ['a huge string', count(2 ** 40), 24, /metadata key 0: a string of 1099511627776 bytes/],
  ])('refuses %s at once', (_, bytes, at, message) => {
    const broken = whole.slice();
    broken.set(bytes, at);
    const before = process.memoryUsage().rss;
    expect(refusal(broken).message).toMatch(message);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
  });

  it('refuses an array longer than the file', () => {
    const bytes = patched('tokenizer.ggml.merges', (target, at) => target.set(count(3_000_000), at + 8));
    expect(refusal(bytes).message).toMatch(/"tokenizer.ggml.merges" length: 3000000, but the file ends/);
  });

  it('refuses a tensor that lies beyond the file', () => {
    const bytes = patched('blk.1.ffn_down.weight', (target, at) => target.set(count(2 ** 50), at + 24));
    expect(refusal(bytes).message).toMatch(/tensor "blk.1.ffn_down.weight": ends at byte/);
  });

  it('names a quantisation that is not supported', () => {
    const bytes = patched('blk.0.ffn_up.weight', (target, at) => target.set([16, 0, 0, 0], at + 20));
    expect(refusal(bytes).message).toMatch(
      /"blk.0.ffn_up.weight": quantisation IQ2_XXS is not supported: must be F32, .*Q4_K, /,
    );
  });

  it('names rows that are not whole blocks', () => {
    const bytes = patched('blk.0.ffn_up.weight', (target, at) => target.set([14, 0, 0, 0], at + 20));
    expect(refusal(bytes).message).toMatch(
      /"blk.0.ffn_up.weight": rows of 32 are not whole blocks of Q6_K: must be a multiple of 256$/,
    );
  });

  it.each([
    [
      'general.architecture',
      { type: 'string', value: 'qwen2moe' },
      /"qwen2moe" is not supported: must be one of llama, qwen2, qwen3/,
    ],
    ['general.architecture', { type: 'string', value: 'qwen3' }, /qwen3.block_count: missing, but must be/],
    ['llama.rope.scaling.type', { type: 'string', value: 'yarn' }, /"yarn" is not .*"none" or "linear"/],
    ['llama.rope.scaling.factor', { type: 'float32', value: -2 }, /factor: -2, but must be a positive/],
    ['llama.rope.scaling.original_context_length', { type: 'uint32', value: 64 }, /is not supported/],
    ['llama.attention.sliding_window', { type: 'uint32', value: 4 }, /sliding_window: is not supported/],
    ['llama.rope.dimension_count', { type: 'uint32', value: 4 }, /dimension_count: 4 is not supported/],
    ['llama.attention.head_count_kv', { type: 'uint32', value: 3 }, /3, but must be an integer 1\.\.2/],
    ['llama.block_count', { type: 'uint32', value: 3 }, /tensor "blk.2.attn_q.weight" is missing/],
    ['llama.block_count', { type: 'uint32', value: 1 }, /tensor "blk.1.attn_norm.weight": is not part/],
    ['llama.feed_forward_length', { type: 'uint32', value: 96 }, /shape 32 x 64, but must be 32 x 96/],
    ['llama.embedding_length', { type: 'int32', value: -32 }, /-32, but must be an integer/],
    ['llama.rope.freq_base', { type: 'float32', value: Number.NaN }, /must be a positive number/],
    ['general.alignment', { type: 'uint32', value: 0 }, /alignment: must be a power of two/],
  ] as const)('refuses %s of a model that it would compute wrongly', (key, value, message) => {
    expect(refusal(writeGguf(tinyGguf({ [key]: value }))).message).toMatch(message);
  });

  it('divides frequencies by what the file says, in its header and in a tensor', () => {
    const divisors = (changes: Parameters<typeof tinyGguf>[0], factors?: readonly number[]) => {
      const { metadata, tensors } = tinyGguf(changes);
      const bytes = new Uint8Array(Float32Array.from(factors ?? []).buffer);
      const factorTensor = { name: 'rope_freqs.weight', shape: [8], type: 0, bytes };
      writeFileSync(
        path,
        writeGguf({ metadata, tensors: factors === undefined ? tensors : [...tensors, factorTensor] }),
      );
      const file = openGguf(path);
      file.close();
      return file.config.ropeDivisors;
    };
    const twice = { 'llama.rope.scaling.factor': { type: 'float32', value: 2 } } as const;
    const factors = [1, 1, 1, 1, 2, 3, 4, 4];
    expect(divisors({})).toBeUndefined();
    expect(divisors(twice)).toEqual(new Array(8).fill(2));
    expect(
      divisors({ ...twice, 'llama.rope.scaling.type': { type: 'string', value: 'none' } }),
    ).toBeUndefined();
    expect(divisors({}, factors)).toEqual(factors);
    expect(divisors(twice, factors)).toEqual(factors.map((factor) => 2 * factor));
    expect(() => divisors({}, [1, 1, 1, 1, 1, 1, 1, 0])).toThrow(
      /"rope_freqs.weight": 0, but must be a posit/,
    );
  });

  it('says that a file is not there', () => {
    const absent = () => openGguf(join(folder, 'absent.gguf'));
    expect(absent).toThrow(ModelNotFoundError);
    expect(absent).toThrow(/absent\.gguf" was not found: ENOENT: no such file or directory$/);
  });
});

function count(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
