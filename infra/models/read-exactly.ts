import { readSync } from 'node:fs';
import { ModelFormatError } from '../../src/core/errors.js';

/** One read of the operating system takes less than 2 GiB. */
const MOST_AT_ONCE = 1 << 30;

/** `count` bytes of an open file from `offset` on. Throws ModelFormatError, naming `what`, when it ends before. */
export function readExactly(
  descriptor: number,
  path: string,
  what: string,
  offset: number,
  count: number,
): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(count);
  for (let filled = 0; filled < count; ) {
    const wanted = Math.min(count - filled, MOST_AT_ONCE);
    const got = readSync(descriptor, bytes, filled, wanted, offset + filled);
    if (got === 0) throw new ModelFormatError(path, `${what}: the file became shorter`);
    filled += got;
  }
  return bytes;
}
