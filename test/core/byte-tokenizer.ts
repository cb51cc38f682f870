import type { CommittedToken } from '../../src/core/generation.js';
import type { Tokenizer } from '../../src/core/tokenizer.js';

export const END_TOKEN = 0;
export const SPECIAL_TOKEN = 1;
const NAMES = ['<end>', '<special>'];

/** A tokenizer of exactly these pieces of bytes, in order from id 2, after an end token and a special token. */
export function tokenizerOf(pieces: readonly Uint8Array[]): Tokenizer {
  const encoder = new TextEncoder();
  const bytes = [...NAMES.map((name) => encoder.encode(name)), ...pieces];
  return {
    vocabularySize: bytes.length,
    hash: 'pieces',
    endTokenIds: [END_TOKEN],
    specialTokenIds: new Set([END_TOKEN, SPECIAL_TOKEN]),
    encode: () => pieces.map((_, index) => index + NAMES.length),
    tokenBytes: (id) => bytes[id] ?? new Uint8Array(0),
    tokenName: (id) => NAMES[id],
  };
}

export function commit(tokens: readonly number[]): CommittedToken[] {
  return tokens.map((token, seq) => ({
    seq,
    position: 10 + seq,
    token,
    drafted: seq % 2 === 1,
    atMs: 1000 + seq,
  }));
}

/** Cuts bytes into pieces of these lengths, over and over. */
export function cutBytes(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const end = start + (lengths[turn % lengths.length] ?? 1);
    pieces.push(bytes.slice(start, end));
    start = end;
  }
  return pieces;
}
