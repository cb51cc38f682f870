import { Decoder } from './decoder.js';
import type { DecoderGraphInfo } from './decoder-graph-info.js';
import type { KvKind } from './kv-store.js';
import { ProbePath, sameBits } from './probe-path.js';
import type { InferenceSession } from './runtime.js';

/**
 * How this graph keeps the past. Whether attention works in place on a buffer that is given as past and as present
 * cannot be seen from outside: it is tried, against passes with past tensors of exact size.
 */
export async function findKvKind(session: InferenceSession, info: DecoderGraphInfo): Promise<KvKind> {
  if (info.builtHere) return 'rows';
  if (!info.groupQuery) return 'concatenated';
  const expected = await probe(new Decoder(session, info, 'concatenated'));
  try {
    return sameBits(expected, await probe(new Decoder(session, info, 'shared'))) ? 'shared' : 'concatenated';
  } catch {
    return 'concatenated';
  }
}

async function probe(decoder: Decoder): Promise<Float32Array[]> {
  const path = new ProbePath(decoder);
  try {
    await path.feed([1, 2, 3, 4], 'even');
    path.crop(3);
    return await path.feedChunks([5, 6, 7, 8], [1, 3], 'even');
  } finally {
    path.close();
  }
}
