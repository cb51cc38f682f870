import { mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSafetensorsSource } from '../../../infra/models/safetensors-source.js';
import { type DecoderCheckpoint, type LayerMatrix, layerVectors } from '../../../src/core/checkpoint.js';
import { ModelFormatError } from '../../../src/core/errors.js';
import {
  type SafetensorsHeader,
  type SafetensorsWriterTensor,
  safetensorsHeader,
  writeSafetensors,
} from '../../support/safetensors-writer.js';
import { tinyCheckpoint } from '../../support/tiny-model.js';
import {
  type TinySafetensorsOptions,
  tinyTensors,
  writeTinySafetensors,
} from '../../support/tiny-safetensors.js';

let root = '';
let folder = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipstream-safetensors-'));
  folder = join(root, 'tiny');
});
afterEach(() => rmSync(root, { recursive: true }));

const llama3Scaling = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
};

const MATRICES: readonly LayerMatrix[] = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'];
const path = (name: string) => join(folder, name);
const weights = () => path('model.safetensors');

/** Everything there is to read. */
function readAll(checkpoint: DecoderCheckpoint) {
  const { layers, tiedEmbeddings } = checkpoint.config;
  return {
    embedding: checkpoint.embedding(),
    output: tiedEmbeddings ? undefined : checkpoint.output(),
    finalNorm: checkpoint.finalNorm(),
    layers: Array.from({ length: layers }, (_, layer) => ({
      matrices: MATRICES.map((which) => checkpoint.matrix(layer, which)),
      vectors: [...layerVectors(checkpoint.config).keys()].map((which) => checkpoint.vector(layer, which)),
    })),
  };
}

function open() {
  const source = openSafetensorsSource(folder);
  try {
    source.smallFiles();
    return readAll(source.checkpoint('00'));
  } finally {
    source.close();
  }
}

function refusal(): ModelFormatError {
  try {
    open();
  } catch (error) {
    if (!(error instanceof ModelFormatError)) throw error;
    expect(error.message).not.toContain('\n');
    return error;
  }
  throw new Error('the folder was accepted');
}

function changeConfig(change: Record<string, unknown>): void {
  const config: Record<string, unknown> = JSON.parse(readFileSync(path('config.json'), 'utf8'));
  writeFileSync(path('config.json'), JSON.stringify({ ...config, ...change }));
}

/** Writes the tiny model's weights with one thing wrong. */
function writeWrong(
  change: (header: SafetensorsHeader, tensors: SafetensorsWriterTensor[]) => undefined | string,
): void {
  const tensors = tinyTensors(tinyCheckpoint(), 'f32');
  const header = safetensorsHeader(tensors);
  const text = change(header, tensors);
  writeFileSync(weights(), writeSafetensors(tensors, text ?? header));
}

describe('a folder of safetensors', () => {
  it.each<[string, TinySafetensorsOptions]>([
    ['f32', { format: 'f32' }],
    ['f16', { format: 'f16' }],
    ['bf16', { format: 'bf16' }],
    ['f16 with biases', { format: 'f16', attentionBiases: true }],
    ['bf16 with norms of heads', { format: 'bf16', headNorms: true }],
  ])('is read as it was written: %s', (_, options) => {
    const written = writeTinySafetensors(folder, options);
    const read = open();
    const expected = readAll(written);
    const bytesOf = ({ bytes, ...rest }: { bytes: Uint8Array }) => ({ ...rest, bytes: [...bytes] });
    expect(bytesOf(read.embedding)).toEqual(bytesOf(expected.embedding));
    read.layers.forEach(({ matrices, vectors }, layer) => {
      expect(matrices.map(bytesOf)).toEqual(expected.layers[layer]?.matrices.map(bytesOf));
      expect(vectors).toEqual(expected.layers[layer]?.vectors);
    });
    expect(openSafetensorsSource(folder).config).toEqual(written.config);
  });

  it('may be in several files', () => {
    writeTinySafetensors(folder, { format: 'bf16' });
    const single = open();
    rmSync(weights());
    writeTinySafetensors(folder, { format: 'bf16', shards: 3 });
    expect(open()).toEqual(single);
  });

  it('may tie the output to the embedding, and then need not have it nor be held to it', () => {
    writeTinySafetensors(folder, { tiedEmbeddings: true });
    expect(open().output).toBeUndefined();
    writeTinySafetensors(folder, {});
    changeConfig({ tie_word_embeddings: true });
    expect(open().output).toBeUndefined();
  });

  it('is read as transformers reads it where its configuration leaves things out', () => {
    writeTinySafetensors(folder);
    changeConfig({
      num_key_value_heads: 2,
      head_dim: null,
      rope_theta: undefined,
      rms_norm_eps: undefined,
      tie_word_embeddings: undefined,
      hidden_act: undefined,
      rope_scaling: null,
    });
    const { config } = openSafetensorsSource(folder);
    expect(config).toMatchObject({ headSize: 16, ropeBase: 10_000, rmsEpsilon: 1e-6, tiedEmbeddings: false });
    changeConfig({ rope_theta: undefined, rope_parameters: { rope_type: 'default', rope_theta: 5e5 } });
    expect(openSafetensorsSource(folder).config.ropeBase).toBe(5e5);
  });

  it('may be a Qwen that has windows but does not use them, or a Mistral without any', () => {
    writeTinySafetensors(folder, { attentionBiases: true });
    const unused = { use_sliding_window: false, sliding_window: 4096, max_window_layers: 1 };
    changeConfig({ ...unused, layer_types: ['full_attention', 'full_attention'] });
    expect(open().layers[0]?.vectors).toHaveLength(5);
    writeTinySafetensors(folder, { headNorms: true });
    changeConfig({ ...unused, attention_bias: false });
    expect(open().layers[0]?.vectors).toHaveLength(4);
    // 128 where it is not given, as transformers has it.
    changeConfig({ head_dim: undefined });
    expect(refusal().message).toMatch(/q_proj.weight": shape is 64 x 64, but .* must be 512 x 64/);
    writeTinySafetensors(folder);
    changeConfig({ model_type: 'mistral', sliding_window: null });
    expect(open().layers[0]?.vectors).toHaveLength(2);
  });

  it.each([
    [
      { model_type: 'qwen2_moe' },
      /model_type: "qwen2_moe" is not supported: must be one of llama, mistral, qwen2, qwen3$/,
    ],
    [{ model_type: undefined }, /model_type: nothing is not supported/],
    [{ model_type: 'qwen2' }, /tensor "model.layers.0.self_attn.q_proj.bias" is missing/],
    [{ model_type: 'qwen3' }, /tensor "model.layers.0.self_attn.q_norm.weight" is missing/],
    [{ model_type: 'qwen3', attention_bias: true }, /attention_bias: true is not supported/],
    [{ model_type: 'qwen2', use_sliding_window: true }, /use_sliding_window: true is not supported/],
    [
      { model_type: 'qwen3', layer_types: ['full_attention', 'sliding_attention'] },
      /layer_types.1: "sliding_attention" is not supported: must be "full_attention"/,
    ],
    [{ model_type: 'qwen2', num_key_value_heads: undefined }, /num_key_value_heads: is missing/],
    [{ model_type: 'mistral' }, /sliding_window: nothing is not supported: must be null/],
    [{ model_type: 'mistral', sliding_window: 4096 }, /sliding_window: 4096 is not supported: must be null/],
    [{ hidden_act: 'gelu' }, /hidden_act: "gelu" is not supported/],
    [{ attention_bias: true }, /attention_bias: true is not supported \(.*only q, k and v of qwen2/],
    [{ mlp_bias: true }, /mlp_bias: true is not supported \(.*only q, k and v of qwen2/],
    [{ rope_scaling: { rope_type: 'llama3', factor: 8 } }, /rope_scaling.low_freq_factor: is missing/],
    [{ rope_scaling: { type: 'linear' } }, /rope_scaling.factor: is missing/],
    [{ rope_scaling: { type: 'dynamic', factor: 2 } }, /rope_scaling.rope_type: "dynamic" is not supported/],
    [{ rope_scaling: { mrope_section: [2, 2, 4] } }, /rope_scaling.mrope_section: is not supported/],
    [
      { rope_parameters: { rope_type: 'yarn' } },
      /rope_parameters.rope_type: "yarn" is not supported: must be one of default, linear, llama3/,
    ],
    [{ rope_parameters: { partial_rotary_factor: 0.5 } }, /partial_rotary_factor: 0.5 is not supported/],
    [
      { rope_scaling: { ...llama3Scaling, high_freq_factor: 1 } },
      /rope_scaling.high_freq_factor: is 1, but must be above low_freq_factor, 1/,
    ],
    [{ sliding_window: 4096 }, /sliding_window: 4096 is not supported: must be null/],
    [{ num_local_experts: 8 }, /num_local_experts: 8 is not supported: must be 0/],
    [{ layer_types: ['sliding_attention'] }, /layer_types.*"sliding_attention" is not supported/],
    [{ attn_logit_softcapping: 50 }, /attn_logit_softcapping: 50 is not supported: must be null/],
    [{ max_position_embeddings: 1 }, /max_position_embeddings: /],
    [{ partial_rotary_factor: 0.5 }, /partial_rotary_factor: 0.5 is not supported/],
    [
      { quantization_config: { quant_method: 'awq' } },
      /quantization_config.quant_method: "awq" is not supported .*: must be "gguf-blocks"/,
    ],
    [{ num_key_value_heads: 3 }, /num_key_value_heads: 3 does not divide 4 heads/],
    [{ head_dim: 8 }, /head_dim: 8 is not a multiple of 16/],
    [{ num_hidden_layers: 3 }, /tensor "model.layers.2.self_attn.q_proj.weight" is missing/],
    [{ num_hidden_layers: 1 }, /tensor "model.layers.1..*": is not part of a decoder with this config.json/],
    [{ num_hidden_layers: 1e9 }, /num_hidden_layers: /],
    [{ hidden_size: -64 }, /hidden_size: /],
    [{ intermediate_size: '128' }, /config.json: intermediate_size: is "128", but must be a number$/],
    [{ intermediate_size: undefined }, /config.json: intermediate_size: is missing$/],
    [{ vocab_size: 0 }, /config.json: vocab_size: is 0, but must be at least 1$/],
    [{ head_dim: 16.5 }, /config.json: head_dim: is 16.5, but must be a whole number$/],
    [{ hidden_size: 65_537 }, /config.json: hidden_size: is 65537, but must be at most 65536$/],
    [{ rms_norm_eps: 0 }, /config.json: rms_norm_eps: is 0, but must be above 0$/],
    [{ tie_word_embeddings: 'no' }, /config.json: tie_word_embeddings: is "no", but must be true or false$/],
    [{ intermediate_size: 96 }, /shape is 128 x 64, but by config.json must be 96 x 64/],
    [{ vocab_size: 511 }, /embed_tokens.weight": shape is 512 x 64, but by config.json must be 511 x 64/],
    [{ rms_norm_eps: 0 }, /rms_norm_eps: /],
  ])('is refused with a configuration like %j', (change, message) => {
    writeTinySafetensors(folder);
    changeConfig(change);
    expect(refusal().message).toMatch(message);
  });

  it('is refused with blocks of another shape, or for gains', () => {
    const { config } = writeTinySafetensors(folder, { format: 'q4_0' });
    open();
    changeConfig({ intermediate_size: config.feedForwardWidth - 32 });
    expect(refusal().message).toMatch(
      /mlp.gate_proj.weight": shape is 128 x 2 x 18, but for blocks of 32 must by config.json be 96 x 2 x 18 or 20 or 34/,
    );
    const tensors = tinyTensors(tinyCheckpoint({ ropeInterleaved: false }), 'f32');
    const asBytes = (name: string, shape: number[]) =>
      writeFileSync(
        weights(),
        writeSafetensors(
          tensors.map((tensor) => (tensor.name === name ? { ...tensor, dtype: 'U8', shape } : tensor)),
        ),
      );
    changeConfig({ intermediate_size: config.feedForwardWidth });
    asBytes('model.norm.weight', [4 * config.width]);
    expect(refusal().message).toMatch(/"model.norm.weight": dtype U8 is for matrices only/);
    asBytes('model.embed_tokens.weight', [config.vocabularySize, 4 * config.width]);
    expect(refusal().message).toMatch(
      /"model.embed_tokens.weight": shape is 512 x 256, but for blocks of 32/,
    );
  });

  it('is refused with a tokenizer of more tokens than the model has', () => {
    writeTinySafetensors(folder, { vocabularySize: 300 });
    renameSync(path('tokenizer.json'), join(root, 'tokenizer.json'));
    expect(refusal().message).toMatch(/tokenizer.json: is missing/);
    renameSync(join(root, 'tokenizer.json'), path('tokenizer.json'));
    const tokenizer = JSON.parse(readFileSync(path('tokenizer.json'), 'utf8'));
    tokenizer.added_tokens.push({ ...tokenizer.added_tokens[0], id: 300, content: '<|extra|>' });
    writeFileSync(path('tokenizer.json'), JSON.stringify(tokenizer));
    expect(refusal().message).toMatch(
      /tokenizer.json: has ids up to 300, but vocab_size in config.json is 300/,
    );
  });

  it.each<[string, Parameters<typeof writeWrong>[0], RegExp]>([
    ['no JSON', () => '{"model', /header: is not JSON of tensors/],
    ['a list', () => '[]', /header: is not JSON of tensors/],
    [
      'a dtype that nobody knows',
      (header) => void Object.assign(header['model.norm.weight'] ?? {}, { dtype: 'X9' }),
      /tensor "model.norm.weight": dtype "X9" is not supported/,
    ],
    [
      'a dtype that is not supported',
      (header) => void Object.assign(header['model.norm.weight'] ?? {}, { dtype: 'I32' }),
      /tensor "model.norm.weight": dtype I32 is not supported: must be F32, F16, BF16/,
    ],
    [
      'a shape that its bytes do not fill',
      (header) => void Object.assign(header['model.norm.weight'] ?? {}, { shape: [63] }),
      /tensor "model.norm.weight": data_offsets \d+\.\.\d+ are not the 252 bytes of F32 \[63\]/,
    ],
    [
      'a shape with a fraction',
      (header) => void Object.assign(header['model.norm.weight'] ?? {}, { shape: [0.5] }),
      /tensor "model.norm.weight": shape.0: /,
    ],
    [
      'an offset below 0',
      (header) => void Object.assign(header['model.norm.weight'] ?? {}, { data_offsets: [-4, 4] }),
      /tensor "model.norm.weight": data_offsets.0: /,
    ],
    [
      'tensors that overlap',
      (header) => void Object.assign(header['lm_head.weight'] ?? {}, { data_offsets: [4, 131_076] }),
      /tensor "lm_head.weight": overlaps tensor "model.embed_tokens.weight"/,
    ],
    [
      'a tensor beyond the file',
      (header) => void Object.assign(header['model.norm.weight'] ?? {}, { data_offsets: [1e9, 1e9 + 256] }),
      /tensor "model.norm.weight": ends at byte \d+, but the file at \d+/,
    ],
    [
      'bytes that belong to nothing',
      (_, tensors) => void tensors.push({ name: '', dtype: '', shape: [], bytes: new Uint8Array(16) }),
      /16 bytes after tensor "model.norm.weight" belong to no tensor/,
    ],
    [
      'a hole',
      (header) => void delete header['lm_head.weight'],
      /begins 131072 bytes after tensor "model.embed_tokens.weight"/,
    ],
  ])('is refused with %s', (_, change, message) => {
    writeTinySafetensors(folder);
    writeWrong(change);
    const error = refusal();
    expect(error.where).toBe(weights());
    expect(error.message).toMatch(message);
  });

  it('is refused with a tensor that changes the computation, and reads over angles that do not', () => {
    writeTinySafetensors(folder);
    const tensors = tinyTensors(tinyCheckpoint(), 'f32');
    const extra = (name: string) =>
      writeFileSync(
        weights(),
        writeSafetensors([...tensors, { name, dtype: 'F32', shape: [8], bytes: new Uint8Array(32) }]),
      );
    extra('model.layers.0.self_attn.q_proj.bias');
    expect(refusal().message).toMatch(
      /"model.layers.0.self_attn.q_proj.bias": is not part of a decoder with this/,
    );
    extra('model.layers.0.self_attn.rotary_emb.inv_freq');
    open();
  });

  it.each([
    ['an empty file', () => truncateSync(weights(), 0), /is 0 bytes long: no safetensors file/],
    [
      'a pointer of Git LFS',
      () => writeFileSync(weights(), 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n'),
      /only names a file that Git LFS keeps/,
    ],
    [
      'a header of 2^60 bytes',
      () => patchLength(2n ** 60n),
      /header length: \d+ bytes, but at most 100000000/,
    ],
    ['a header beyond the file', () => patchLength(90_000_000n), /header length: ends at byte 90000008, but/],
    ['weights cut off', () => truncateSync(weights(), 200_000), /ends at byte \d+, but the file at 200000/],
    ['no config.json', () => rmSync(path('config.json')), /config.json: is missing/],
  ])('is refused with %s at once', (_, damage, message) => {
    writeTinySafetensors(folder);
    damage();
    const before = process.memoryUsage().rss;
    expect(refusal().message).toMatch(message);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
  });

  const patchLength = (length: bigint) => {
    const bytes = readFileSync(weights());
    bytes.writeBigUInt64LE(length);
    writeFileSync(weights(), bytes);
  };

  it('never fails otherwise than by ModelFormatError, whatever bytes of the header are changed', () => {
    writeTinySafetensors(folder);
    const whole = readFileSync(weights());
    const headerBytes = 8 + Number(whole.readBigUInt64LE());
    const change = fc.record({
      at: fc.nat(headerBytes - 1),
      value: fc.constantFrom(0, 0x22, 0x2c, 0x31, 0x39, 0x5b, 0x5d, 0x7b, 0x7d, 255),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = Buffer.from(whole);
        for (const { at, value } of changes) bytes[at] = value;
        writeFileSync(weights(), bytes);
        try {
          open();
        } catch (error) {
          if (!(error instanceof ModelFormatError)) throw error;
          expect(error.message).not.toContain('\n');
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('an index of several files', () => {
  const index = () => path('model.safetensors.index.json');
  const changeIndex = (change: (map: Record<string, string>) => void) => {
    const json = JSON.parse(readFileSync(index(), 'utf8'));
    change(json.weight_map);
    writeFileSync(index(), JSON.stringify(json));
  };
  beforeEach(() => void writeTinySafetensors(folder, { shards: 2 }));

  it.each([
    '../outside.safetensors',
    '/etc/passwd',
    'a/b.safetensors',
    '..',
    'x\\..\\y.safetensors',
    'weights.bin',
  ])('is refused when it points at %s', (file) => {
    changeIndex((map) => {
      map['model.norm.weight'] = file;
    });
    expect(refusal()).toMatchObject({ where: index() });
    expect(refusal().message).toMatch(/weight_map: ".*" is no name of a .safetensors file in this folder/);
  });

  it('is refused when a file is missing, or a tensor is not where it says', () => {
    const first = path('model-00001-of-00002.safetensors');
    changeIndex((map) => {
      map['lm_head.weight'] = 'model-00001-of-00002.safetensors';
    });
    expect(refusal().message).toBe(
      `${first}: tensor "lm_head.weight" is missing, though model.safetensors.index.json says it is here`,
    );
    rmSync(first);
    expect(refusal().message).toBe(`${first}: is missing`);
  });

  it('is refused when two files have the same tensor, or it names none', () => {
    const bytes = readFileSync(path('model-00001-of-00002.safetensors'));
    writeFileSync(path('model-00002-of-00002.safetensors'), bytes);
    expect(refusal().message).toMatch(/tensor "model.embed_tokens.weight" is in .*00001-of-00002.* too/);
    writeFileSync(index(), '{"weight_map": {}}');
    expect(refusal().message).toMatch(/weight_map: names no tensor/);
  });
});
