import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TextAssembler } from '../../src/core/text-assembler.js';
import { cutBytes } from './byte-tokenizer.js';

/** However bytes are cut, the texts together are what TextDecoder makes of all of them. */

const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 });
/** Mostly bytes at the edges of what UTF-8 allows. */
const byte = fc.oneof(
  fc.constantFrom(0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbb, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf),
  fc.constantFrom(0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff),
  fc.integer({ min: 0, max: 255 }),
);

function assemble(pieces: readonly Uint8Array[]): string[] {
  const assembler = new TextAssembler();
  return [...pieces.map((piece) => assembler.push(piece)), assembler.flush()];
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

it('equals TextDecoder on any bytes', () => {
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 24 }), lengths, (values, cuts) => {
      const bytes = Uint8Array.from(values);
      expect(assemble(cutBytes(bytes, cuts)).join('')).toBe(decode(bytes));
    }),
    { numRuns: 8000 },
  );
});

it('gives whole characters, as soon as they are whole', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
      const bytes = new TextEncoder().encode(text);
      const assembler = new TextAssembler();
      const shown: string[] = [];
      for (const value of bytes) {
        const piece = assembler.push(Uint8Array.of(value));
        if (piece !== '') shown.push(piece);
        expect(assembler.incomplete).toBe(piece === '');
      }
      expect(shown).toEqual(Array.from(decode(bytes)));
    }),
  );
});

it('says what can no longer become a character at once', () => {
  for (const [lead, second] of [
    [0xe0, 0x9f],
    [0xed, 0xa0],
    [0xf0, 0x8f],
    [0xf4, 0x90],
  ] as const) {
    const assembler = new TextAssembler();
    expect(assembler.push(Uint8Array.of(lead))).toBe('');
    expect(assembler.push(Uint8Array.of(second))).toBe('\ufffd\ufffd');
    expect(assembler.incomplete).toBe(false);
  }
});

it('flushes a dangling character as U+FFFD, once', () => {
  const assembler = new TextAssembler();
  expect(assembler.push(Uint8Array.of(0x61, 0xf0, 0x9f, 0x98))).toBe('a');
  expect([assembler.flush(), assembler.flush()]).toEqual(['\ufffd', '']);
});

it('does not keep the bytes it is given', () => {
  const assembler = new TextAssembler();
  const bytes = Uint8Array.of(0xe2, 0x82);
  assembler.push(bytes);
  bytes.fill(0x41);
  expect(assembler.push(Uint8Array.of(0xac))).toBe('€');
});
