import type { DecoderConfig } from '../../src/core/checkpoint.js';
import { ModelFormatError } from '../../src/core/errors.js';
import type { GgufHeader } from './gguf-header.js';
import { readExactly } from './read-exactly.js';

/**
 * F32 [headSize / 2]: what llama.cpp divides the frequencies of positions by, where a model reaches beyond the context
 * of its first training.
 */
export const ROPE_FACTORS = 'rope_freqs.weight';

/** The configuration of a file whose tensors were checked, with these factors where it has some. */
export function withRopeFactors(
  config: DecoderConfig,
  { tensors }: GgufHeader,
  descriptor: number,
  path: string,
): DecoderConfig {
  const info = tensors.get(ROPE_FACTORS);
  if (info === undefined) return config;
  const what = `tensor ${JSON.stringify(ROPE_FACTORS)}`;
  const count = config.headSize / 2;
  const bytes = readExactly(descriptor, path, what, info.offset, 4 * count);
  const ropeDivisors = Array.from({ length: count }, (_, i) => {
    const factor = bytes.readFloatLE(4 * i);
    if (!Number.isFinite(factor) || factor <= 0)
      throw new ModelFormatError(path, `${what}: ${factor}, but must be a positive number`);
    return factor * (config.ropeDivisors?.[i] ?? 1);
  });
  return { ...config, ropeDivisors };
}
