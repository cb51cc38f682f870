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
  'rope.scaling.factor',
  'expert_count',
  'expert_used_count',
]);

/** What each architecture has of its own; rows of q and k are in the order that its RoPE takes. */
const architectures = {
  llama: { ropeInterleaved: true, attentionBiases: false, headNorms: false },
  qwen2: { ropeInterleaved: false, attentionBiases: true, headNorms: false },
  qwen3: { ropeInterleaved: false, attentionBiases: false, headNorms: true },
} as const;

/**
 * The decoder's configuration, but for factors of positions that lie in a tensor. A key that is unknown here may change
 * the computation, so the model is refused rather than run wrongly.
 */
export function readDecoderConfig(header: GgufHeader, path: string): DecoderConfig {
  const { metadata, tensors } = header;
  const fail = (key: string, problem: string): never => {
    throw new ModelFormatError(path, `${key}: ${problem}`);
  };
  const architecture = metadata.get('general.architecture');
  if (typeof architecture !== 'string' || !isSupported(architecture)) {
    const known = Object.keys(architectures).join(', ');
    return fail(
      'general.architecture',
      `${describe(architecture)} is not supported: must be one of ${known}`,
    );
  }
  const prefix = `${architecture}.`;
  for (const key of metadata.keys()) {
    if (key.startsWith(prefix) && !knownKeys.has(key.slice(prefix.length))) fail(key, 'is not supported');
  }
  if (Number(metadata.get('split.count') ?? 1) > 1)
    fail('split.count', 'models in several files are not supported');

  const integer = (name: string, most: number, otherwise?: number): number => {
    const key = prefix + name;
    const value = metadata.get(key) ?? otherwise;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > most)
      return fail(key, `${describe(value)}, but must be an integer 1..${most}`);
    return value;
  };
  const real = (name: string, otherwise?: number): number => {
    const key = prefix + name;
    const value = metadata.get(key) ?? otherwise;
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0)
      return fail(key, `${describe(value)}, but must be a positive number`);
    return value;
  };
  const mustBe = (name: string, expected: number | string): void => {
    const key = prefix + name;
    const value = metadata.get(key) ?? expected;
    if (value !== expected) fail(key, `${describe(value)} is not supported: must be ${describe(expected)}`);
  };

  const layers = integer('block_count', 1024);
  const width = integer('embedding_length', 65_536);
  const heads = integer('attention.head_count', 1024);
  const kvHeads = integer('attention.head_count_kv', heads, heads);
  const headSize = integer('attention.key_length', 1024, width / heads);
  if (heads % kvHeads !== 0)
    fail(`${prefix}attention.head_count_kv`, `${kvHeads} does not divide ${heads} heads`);
  mustBe('attention.value_length', headSize);
  mustBe('rope.dimension_count', headSize);
  const scaling = metadata.get(`${prefix}rope.scaling.type`) ?? 'linear';
  if (scaling !== 'none' && scaling !== 'linear')
    fail(`${prefix}rope.scaling.type`, `${describe(scaling)} is not supported: must be "none" or "linear"`);
  const ropeFactor = scaling === 'linear' ? real('rope.scaling.factor', 1) : 1;
  mustBe('expert_count', 0);
  mustBe('expert_used_count', 0);
  const tokens = metadata.get('tokenizer.ggml.tokens');
  if (!Array.isArray(tokens)) return fail('tokenizer.ggml.tokens', 'is missing');
  mustBe('vocab_size', tokens.length);
  return {
    ...architectures[architecture],
    layers,
    width,
    heads,
    kvHeads,
    headSize,
    feedForwardWidth: integer('feed_forward_length', 1 << 20),
    vocabularySize: tokens.length,
    contextTokens: integer('context_length', 1 << 24),
    ropeBase: real('rope.freq_base', 10_000),
    ropeDivisors: ropeFactor === 1 ? undefined : Array.from({ length: headSize / 2 }, () => ropeFactor),
    rmsEpsilon: shortest(real('attention.layer_norm_rms_epsilon')),
    tiedEmbeddings: !tensors.has('output.weight'),
  };
}

function isSupported(architecture: string): architecture is keyof typeof architectures {
  return Object.hasOwn(architectures, architecture);
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
