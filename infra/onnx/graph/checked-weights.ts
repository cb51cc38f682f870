import {
  type DecoderCheckpoint,
  type DecoderConfig,
  type LayerMatrix,
  type LayerNorm,
  layerShapes,
  type StoredMatrix,
} from '../../../src/core/checkpoint.js';
import { ModelFormatError } from '../../../src/core/errors.js';
import type { WeightChoice } from './build-options.js';
import { BLOCK, BLOCK_BYTES } from './weight-blocks.js';
import { toWeights, type Weights } from './weights.js';

const NUMBER_BYTES = { f32: 4, f16: 2, bf16: 2 } as const;

/** A checkpoint's tensors in the form that the graph takes, each checked against the configuration when read. */
export class CheckedWeights {
  private readonly config: DecoderConfig;

  /** `where` names the model in errors. Throws ModelFormatError for a configuration that cannot be built. */
  constructor(
    private readonly checkpoint: DecoderCheckpoint,
    private readonly choice: WeightChoice,
    private readonly where: string,
  ) {
    const config = checkpoint.config;
    this.config = config;
    const { heads, kvHeads, headSize } = config;
    if (heads % kvHeads !== 0)
      this.fail('heads', `${heads} is not a multiple of ${kvHeads} key and value heads`);
    // The kernel rotates in vectors of 8 cosines.
    if (headSize % 16 !== 0) this.fail('headSize', `${headSize} is not a multiple of 16`);
  }

  embedding(): Weights {
    return this.loadTable('embedding', this.checkpoint.embedding());
  }

  output(): Weights {
    return this.loadTable('output', this.checkpoint.output());
  }

  matrix(layer: number, which: LayerMatrix): Weights {
    const [rows, columns] = layerShapes(this.config)[which];
    const matrix = this.checkpoint.matrix(layer, which);
    return this.load(`layer ${layer} ${which}`, matrix, rows, columns, this.choice);
  }

  norm(layer: number, which: LayerNorm): Float32Array {
    return this.checkGain(`layer ${layer} ${which} norm`, this.checkpoint.norm(layer, which));
  }

  finalNorm(): Float32Array {
    return this.checkGain('final norm', this.checkpoint.finalNorm());
  }

  /** A matrix with a row per token. */
  private loadTable(what: string, matrix: StoredMatrix): Weights {
    const choice = this.choice === 'q4' ? 'q8' : this.choice;
    return this.load(what, matrix, this.config.vocabularySize, this.config.width, choice);
  }

  private load(
    what: string,
    matrix: StoredMatrix,
    rows: number,
    columns: number,
    choice: WeightChoice,
  ): Weights {
    if (matrix.rows !== rows || matrix.columns !== columns)
      this.fail(what, `shape is ${matrix.rows} x ${matrix.columns}, but must be ${rows} x ${columns}`);
    const { format, bytes } = matrix;
    const blocks = format === 'q8_0' || format === 'q4_0' || format === 'q4_1';
    if (blocks && columns % BLOCK !== 0)
      this.fail(what, `rows of ${columns} are not whole blocks of ${BLOCK}`);
    const expected = blocks
      ? ((rows * columns) / BLOCK) * BLOCK_BYTES[format]
      : rows * columns * NUMBER_BYTES[format];
    if (bytes.length !== expected) this.fail(what, `has ${bytes.length} bytes, but must have ${expected}`);
    const weights = toWeights(matrix, choice);
    if (!hasFiniteWeights(weights)) this.fail(what, 'has a weight that is not finite');
    return weights;
  }

  private checkGain(what: string, gain: Float32Array): Float32Array {
    if (gain.length !== this.config.width)
      this.fail(what, `has ${gain.length} values, but must have ${this.config.width}`);
    if (!allFinite(gain)) this.fail(what, 'has a value that is not finite');
    return gain;
  }

  private fail(what: string, problem: string): never {
    throw new ModelFormatError(this.where, `${what}: ${problem}`);
  }
}

function hasFiniteWeights(weights: Weights): boolean {
  if (weights.kind === 'float') return allFinite(weights.values);
  return allFinite(weights.scales) && (weights.offsets === undefined || allFinite(weights.offsets));
}

/** Infinity and NaN times 0 are NaN. */
function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) * 0;
  return sum === 0;
}
