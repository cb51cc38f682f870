import {
  type DecoderCheckpoint,
  type DecoderConfig,
  type LayerMatrix,
  type LayerVector,
  layerShapes,
  layerVectors,
  type StoredMatrix,
} from '../../../src/core/checkpoint.js';
import { ModelFormatError } from '../../../src/core/errors.js';
import { smallestPiece } from './blocks/block-formats.js';

/** A checked matrix; `name` is for errors. */
export interface NamedMatrix extends StoredMatrix {
  readonly name: string;
}

/** A checkpoint whose tensors are checked against its configuration when read. */
export class CheckedCheckpoint {
  readonly config: DecoderConfig;

  /** `where` names the model in errors. Throws ModelFormatError for a configuration that cannot be built. */
  constructor(
    private readonly checkpoint: DecoderCheckpoint,
    private readonly where: string,
  ) {
    this.config = checkpoint.config;
    const { heads, kvHeads, headSize, ropeDivisors } = this.config;
    if (heads % kvHeads !== 0)
      this.fail('heads', `${heads} is not a multiple of ${kvHeads} key and value heads`);
    // The kernel rotates in vectors of 8 cosines.
    if (headSize % 16 !== 0) this.fail('headSize', `${headSize} is not a multiple of 16`);
    if (ropeDivisors !== undefined && ropeDivisors.length !== headSize / 2)
      this.fail('ropeDivisors', `has ${ropeDivisors.length} values, but must have ${headSize / 2}`);
  }

  embedding(): NamedMatrix {
    return this.checkMatrix('embedding', this.checkpoint.embedding(), this.tableShape());
  }

  /** The output projection: the embedding once more where they are tied. */
  output(): NamedMatrix {
    if (this.config.tiedEmbeddings) return this.embedding();
    return this.checkMatrix('output', this.checkpoint.output(), this.tableShape());
  }

  matrix(layer: number, which: LayerMatrix): NamedMatrix {
    const matrix = this.checkpoint.matrix(layer, which);
    return this.checkMatrix(`layer ${layer} ${which}`, matrix, layerShapes(this.config)[which]);
  }

  vector(layer: number, which: LayerVector): Float32Array {
    const length = layerVectors(this.config).get(which) ?? 0;
    return this.checkVector(`layer ${layer} ${which}`, this.checkpoint.vector(layer, which), length);
  }

  finalNorm(): Float32Array {
    return this.checkVector('final norm', this.checkpoint.finalNorm(), this.config.width);
  }

  /** For numbers that have been made of a matrix: scales, or the weights themselves. */
  requireFinite(name: string, values: Float32Array): void {
    if (!allFinite(values)) this.fail(name, 'has a weight that is not finite');
  }

  fail(what: string, problem: string): never {
    throw new ModelFormatError(this.where, `${what}: ${problem}`);
  }

  private tableShape(): readonly [rows: number, columns: number] {
    return [this.config.vocabularySize, this.config.width];
  }

  private checkMatrix(
    name: string,
    matrix: StoredMatrix,
    [rows, columns]: readonly [rows: number, columns: number],
  ): NamedMatrix {
    if (matrix.rows !== rows || matrix.columns !== columns)
      this.fail(name, `shape is ${matrix.rows} x ${matrix.columns}, but must be ${rows} x ${columns}`);
    const { format, bytes } = matrix;
    const piece = smallestPiece(format);
    if (columns % piece.weights !== 0)
      this.fail(name, `rows of ${columns} are not whole blocks of ${piece.weights}`);
    const expected = ((rows * columns) / piece.weights) * piece.bytes;
    if (bytes.length !== expected) this.fail(name, `has ${bytes.length} bytes, but must have ${expected}`);
    return { ...matrix, name };
  }

  private checkVector(what: string, values: Float32Array, length: number): Float32Array {
    if (values.length !== length) this.fail(what, `has ${values.length} values, but must have ${length}`);
    if (!allFinite(values)) this.fail(what, 'has a value that is not finite');
    return values;
  }
}

/** Infinity and NaN times 0 are NaN. */
function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) * 0;
  return sum === 0;
}
