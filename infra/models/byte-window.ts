import { fstatSync, readSync } from 'node:fs';
import { ModelFormatError } from '../../src/core/errors.js';

const WINDOW_BYTES = 1 << 20;
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads little-endian values of an open file in sequence through a window of 1 MiB. Whatever lies beyond the
 * file or beyond `limitBytes` is a ModelFormatError that names the field being read; nothing is allocated on
 * the word of the file alone.
 */
export class ByteWindow {
  readonly fileBytes: number;
  private readonly buffer: Buffer;
  private windowStart = 0;
  private windowEnd = 0;
  private at = 0;

  constructor(
    private readonly descriptor: number,
    private readonly path: string,
    private readonly limitBytes: number,
  ) {
    this.fileBytes = fstatSync(descriptor).size;
    this.buffer = Buffer.alloc(Math.min(WINDOW_BYTES, this.fileBytes));
  }

  get position(): number {
    return this.at;
  }

  get remainingBytes(): number {
    return Math.min(this.fileBytes, this.limitBytes) - this.at;
  }

  uint8(field: string): number {
    return this.buffer.readUInt8(this.take(1, field));
  }

  int8(field: string): number {
    return this.buffer.readInt8(this.take(1, field));
  }

  uint16(field: string): number {
    return this.buffer.readUInt16LE(this.take(2, field));
  }

  int16(field: string): number {
    return this.buffer.readInt16LE(this.take(2, field));
  }

  uint32(field: string): number {
    return this.buffer.readUInt32LE(this.take(4, field));
  }

  int32(field: string): number {
    return this.buffer.readInt32LE(this.take(4, field));
  }

  float32(field: string): number {
    return this.buffer.readFloatLE(this.take(4, field));
  }

  float64(field: string): number {
    return this.buffer.readDoubleLE(this.take(8, field));
  }

  /** Above 2^53 the nearest number: comparisons with a limit stay right. */
  uint64(field: string): number {
    return Number(this.buffer.readBigUInt64LE(this.take(8, field)));
  }

  int64(field: string): number {
    return Number(this.buffer.readBigInt64LE(this.take(8, field)));
  }

  /** A length of 8 bytes and that many bytes of UTF-8; at most `maxBytes` (up to 1 MiB). */
  string(field: string, maxBytes: number): string {
    const length = this.uint64(field);
    if (length > maxBytes)
      throw this.error(field, `a string of ${length} bytes, but at most ${maxBytes} are allowed`);
    const start = this.take(length, field);
    try {
      return decoder.decode(this.buffer.subarray(start, start + length));
    } catch {
      throw this.error(field, 'a string that is not UTF-8');
    }
  }

  error(field: string, problem: string): ModelFormatError {
    return new ModelFormatError(this.path, `${field}: ${problem}`);
  }

  /** Makes `count` bytes available and returns their place in the buffer. */
  private take(count: number, field: string): number {
    if (count > this.remainingBytes) {
      throw this.error(
        field,
        this.fileBytes - this.at < count
          ? `the file ends at byte ${this.fileBytes}, ${count} more bytes were expected at ${this.at}`
          : `the header is longer than ${this.limitBytes} bytes`,
      );
    }
    if (this.at + count > this.windowEnd) this.refill(field);
    const start = this.at - this.windowStart;
    this.at += count;
    return start;
  }

  private refill(field: string): void {
    let filled = 0;
    const wanted = Math.min(this.buffer.length, this.fileBytes - this.at);
    while (filled < wanted) {
      const got = readSync(this.descriptor, this.buffer, filled, wanted - filled, this.at + filled);
      if (got === 0) throw this.error(field, `the file became shorter while it was read`);
      filled += got;
    }
    this.windowStart = this.at;
    this.windowEnd = this.at + filled;
  }
}
