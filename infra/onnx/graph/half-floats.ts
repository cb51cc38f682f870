let table: Float32Array | undefined;

/** IEEE 754 binary16 by its bits -> number, as a table of 65,536 entries (made on first use). */
export function halfFloatTable(): Float32Array {
  if (table !== undefined) return table;
  table = new Float32Array(65_536);
  for (let bits = 0; bits < 65_536; bits++) table[bits] = halfFloat(bits);
  return table;
}

/** The little-endian binary16 whose first byte is `bytes[at]`. */
export function halfFloatAt(bytes: Uint8Array, at: number): number {
  return halfFloatTable()[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] as number;
}

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The nearest binary16 of a finite number (ties to even), as its bits; beyond 65504 infinity. */
export function halfFloatBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65_520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundToEven(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  const fraction = roundToEven((size / 2 ** exponent - 1) * 1024);
  return sign | (((exponent + 15) << 10) + fraction);
}

/** The nearest number that binary16 holds. */
export function nearestHalf(value: number): number {
  return Number.isNaN(value) ? value : (halfFloatTable()[halfFloatBits(value)] as number);
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
