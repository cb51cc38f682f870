const NOTHING = new Uint8Array(0);

/**
 * UTF-8 bytes in pieces to text in whole characters: all texts together are what `TextDecoder` makes of all bytes
 * together. Invalid bytes become U+FFFD; bytes that may begin a character are kept until it ends or cannot.
 */
export class TextAssembler {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  private pending: Uint8Array = NOTHING;

  /** Whether the last bytes begin a character that has not ended. */
  get incomplete(): boolean {
    return this.pending.length > 0;
  }

  /** The characters that these bytes complete, possibly none. `bytes` is not kept. */
  push(bytes: Uint8Array): string {
    const all = this.pending.length === 0 ? bytes : concatenate(this.pending, bytes);
    const end = all.length - incompleteTail(all);
    this.pending = end === all.length ? NOTHING : all.slice(end);
    return end === 0 ? '' : this.decoder.decode(all.subarray(0, end));
  }

  /** At the end of the text: U+FFFD for a character that never ended, else ''. */
  flush(): string {
    const rest = this.decoder.decode(this.pending);
    this.pending = NOTHING;
    return rest;
  }
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

/** How many bytes at the end, 0..3, are the beginning of a well-formed character (Unicode 15, table 3-7). */
function incompleteTail(bytes: Uint8Array): number {
  for (let length = 1; length <= Math.min(3, bytes.length); length++) {
    const lead = bytes[bytes.length - length] as number;
    if (isContinuation(lead)) continue;
    if (characterLength(lead) <= length) return 0;
    if (length === 1) return 1;
    return isSecondByte(lead, bytes[bytes.length - length + 1] as number) ? length : 0;
  }
  return 0;
}

function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte <= 0xbf;
}

/** Bytes of a character by its first one; 0 for a byte that begins none. */
function characterLength(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/** Some first bytes narrow the second: no overlong forms, no surrogates, nothing above U+10FFFF. */
function isSecondByte(lead: number, byte: number): boolean {
  if (lead === 0xe0) return byte >= 0xa0 && byte <= 0xbf;
  if (lead === 0xed) return byte >= 0x80 && byte <= 0x9f;
  if (lead === 0xf0) return byte >= 0x90 && byte <= 0xbf;
  if (lead === 0xf4) return byte >= 0x80 && byte <= 0x8f;
  return isContinuation(byte);
}
