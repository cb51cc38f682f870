import { createSeededRandom } from '../../../src/core/seeded-random.js';

/** Vectors that are rotated at once, element beside element: loops are long, and all fits the first cache. */
const LANES = 4;

/**
 * An orthogonal matrix Q that spreads outliers of a vector over all its elements, so that the vector can be rounded
 * to few bits (QuaRot, Ashkboos et al., arXiv 2404.00456): random signs, then a Hadamard matrix of the largest power
 * of two in the width, in Kronecker product with the discrete Hartley transform of the odd rest (576 = 64 x 9), whose
 * elements are of about one size too. It is applied without being written out: log2(power) + rest / 2 operations per
 * element.
 */
export class Rotation {
  private readonly power: number;
  private readonly rest: number;
  private readonly signs: Float64Array;
  private readonly cosines: Float64Array;
  private readonly sines: Float64Array;
  private readonly scale: number;
  /** [width, LANES] */
  private readonly lanes: Float64Array;

  /** The same `width` and `seed` give the same matrix on every machine. */
  constructor(
    readonly width: number,
    seed: number,
  ) {
    let power = 1;
    while (width % (2 * power) === 0) power *= 2;
    this.power = power;
    this.rest = width / power;
    const uniform = createSeededRandom(seed);
    this.signs = Float64Array.from({ length: width }, () => (uniform() < 0.5 ? -1 : 1));
    this.cosines = angles(this.rest, Math.cos);
    this.sines = angles(this.rest, Math.sin);
    this.scale = 1 / Math.sqrt(width);
    this.lanes = new Float64Array(width * LANES);
  }

  /** v -> v Q for each stretch of `width` elements. In place. */
  rotateRows(values: Float32Array): void {
    const tile = this.width * LANES;
    for (let at = 0; at < values.length; at += tile)
      this.rotate(values, at, Math.min(LANES, (values.length - at) / this.width), this.width, 1);
  }

  /** W -> Q^T W for a matrix with `columns` columns, `width` rows at a time. In place. */
  rotateColumns(values: Float32Array, columns: number): void {
    for (let at = 0; at < values.length; at += this.width * columns)
      for (let column = 0; column < columns; column += LANES)
        this.rotate(values, at + column, Math.min(LANES, columns - column), 1, columns);
  }

  /** Q itself, [width, width]. */
  matrix(): Float32Array {
    const values = new Float32Array(this.width * this.width);
    for (let i = 0; i < this.width; i++) values[i * this.width + i] = 1;
    this.rotateRows(values);
    return values;
  }

  /** Rotates `count` (at most LANES) vectors; element i of vector j is at `start + j x apart + i x step`. */
  private rotate(values: Float32Array, start: number, count: number, apart: number, step: number): void {
    const { lanes, signs, width } = this;
    for (let i = 0; i < width; i++)
      for (let j = 0; j < count; j++)
        lanes[i * LANES + j] = (values[start + j * apart + i * step] as number) * (signs[i] as number);
    this.hadamard();
    this.hartley();
    for (let i = 0; i < width; i++)
      for (let j = 0; j < count; j++) values[start + j * apart + i * step] = lanes[i * LANES + j] as number;
  }

  /** Sums and differences of elements that are `rest`, 2 `rest`, 4 `rest` ... apart. */
  private hadamard(): void {
    const { lanes, power, rest } = this;
    for (let half = 1; half < power; half *= 2) {
      const stretch = half * rest * LANES;
      for (let at = 0; at < lanes.length; at += 2 * stretch) {
        for (let i = at; i < at + stretch; i++) {
          const a = lanes[i] as number;
          const b = lanes[i + stretch] as number;
          lanes[i] = a + b;
          lanes[i + stretch] = a - b;
        }
      }
    }
  }

  /**
   * The Hartley transform (sums with cos + sin) of each group of `rest` elements, an odd number: elements k and
   * rest - k meet the same cosines and opposite sines.
   */
  private hartley(): void {
    const { lanes, rest, cosines, sines, scale } = this;
    const half = (rest - 1) / 2;
    const sums = new Float64Array(half);
    const differences = new Float64Array(half);
    for (let start = 0; start < lanes.length; start += rest * LANES) {
      for (let at = start; at < start + LANES; at++) {
        const first = lanes[at] as number;
        let total = first;
        for (let k = 0; k < half; k++) {
          const low = lanes[at + (k + 1) * LANES] as number;
          const high = lanes[at + (rest - 1 - k) * LANES] as number;
          sums[k] = low + high;
          differences[k] = low - high;
          total += low + high;
        }
        lanes[at] = total * scale;
        for (let j = 0; j < half; j++) {
          let even = first;
          let odd = 0;
          for (let k = 0; k < half; k++) {
            even += (cosines[j * half + k] as number) * (sums[k] as number);
            odd += (sines[j * half + k] as number) * (differences[k] as number);
          }
          lanes[at + (j + 1) * LANES] = (even + odd) * scale;
          lanes[at + (rest - 1 - j) * LANES] = (even - odd) * scale;
        }
      }
    }
  }
}

/** `of` the angles 2 pi j k / size for j and k from 1 to half of the odd `size`. */
function angles(size: number, of: (angle: number) => number): Float64Array {
  const half = (size - 1) / 2;
  return Float64Array.from({ length: half * half }, (_, i) => {
    const turns = (((1 + Math.floor(i / half)) * (1 + (i % half))) % size) / size;
    return of(2 * Math.PI * turns);
  });
}
