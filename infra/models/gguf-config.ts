import type { DecoderConfig } from '../../src/core/checkpoint.js';
import { ModelFormatError } from '../../src/core/errors.js';
import type { GgufHeader, GgufValue } from './gguf-header.js';

/** Keys that are read or that hold nothing the computation depends on. */
const knownKeys: ReadonlySet<string> = new Set([
  'block_count',
  'context_length',
  'embedding_length',
  'feed_forward_length',
  'vocab_size',
  'attention.head_count',
  'attention.head_count_kv',
  'attention.key_length',
  'attention.value_length',
  'attention.layer_norm_rms_epsilon',
  'rope.freq_base',
  'rope.dimension_count',
  'rope.scaling.type',
  'expert_count',
  'expert_used_count',
]);

/**
 * The decoder's configuration. A key that is unknown here may change the computation, so the model is refused
 * rather than run wrongly.
 */
export function readDecoderConfig(header: GgufHeader, path: string): DecoderConfig {
  const { metadata, tensors } = header;
  const fail = (key: string, problem: string): never => {
    throw new ModelFormatError(path, `${key}: ${problem}`);
  };
  const architecture = metadata.get('general.architecture');
  if (architecture !== 'llama') {
    return fail('general.architecture', `${describe(architecture)} is not supported: must be "llama"`);
  }
  for (const key of metadata.keys()) {
    if (key.startsWith('llama.') && !knownKeys.has(key.slice(6))) fail(key, 'is not supported');
  }
  if (Number(metadata.get('split.count') ?? 1) > 1)
    fail('split.count', 'models in several files are not supported');

  const integer = (key: string, most: number, otherwise?: number): number => {
    const value = metadata.get(key) ?? otherwise;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > most)
      return fail(key, `${describe(value)}, but must be an integer 1..${most}`);
    return value;
  };
  const real = (key: string, otherwise?: number): number => {
    const value = metadata.get(key) ?? otherwise;
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0)
      return fail(key, `${describe(value)}, but must be a positive number`);
    return value;
  };
  const mustBe = (key: string, expected: number | string): void => {
    const value = metadata.get(key) ?? expected;
    if (value !== expected) fail(key, `${describe(value)} is not supported: must be ${describe(expected)}`);
  };

  const layers = integer('llama.block_count', 1024);
  const width = integer('llama.embedding_length', 65_536);
  const heads = integer('llama.attention.head_count', 1024);
  const kvHeads = integer('llama.attention.head_count_kv', heads, heads);
  const headSize = integer('llama.attention.key_length', 1024, width / heads);
  if (heads % kvHeads !== 0)
    fail('llama.attention.head_count_kv', `${kvHeads} does not divide ${heads} heads`);
  mustBe('llama.attention.value_length', headSize);
  mustBe('llama.rope.dimension_count', headSize);
  mustBe('llama.rope.scaling.type', 'none');
  mustBe('llama.expert_count', 0);
  mustBe('llama.expert_used_count', 0);
  const tokens = metadata.get('tokenizer.ggml.tokens');
  if (!Array.isArray(tokens)) return fail('tokenizer.ggml.tokens', 'is missing');
  mustBe('llama.vocab_size', tokens.length);
  return {
    architecture: 'llama',
    layers,
    width,
    heads,
    kvHeads,
    headSize,
    feedForwardWidth: integer('llama.feed_forward_length', 1 << 20),
    vocabularySize: tokens.length,
    contextTokens: integer('llama.context_length', 1 << 24),
    ropeBase: real('llama.rope.freq_base', 10_000),
    rmsEpsilon: shortest(real('llama.attention.layer_norm_rms_epsilon')),
    ropeInterleaved: true,
    tiedEmbeddings: !tensors.has('output.weight'),
  };
}

/** GGUF holds 32-bit floats: the shortest decimal that means the same one (1e-5, not 9.99999974e-6). */
function shortest(value: number): number {
  for (let digits = 1; digits < 10; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === Math.fround(value)) return candidate;
  }
  return value;
}

function describe(value: GgufValue | undefined): string {
  if (value === undefined) return 'missing';
  return Array.isArray(value) ? 'a list' : JSON.stringify(value);
}
