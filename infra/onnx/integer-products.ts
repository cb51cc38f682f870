import type { ByteType } from './graph/build-options.js';
import { encodeOnnxModel, type OnnxTensor, TENSOR_TYPES, type TensorType } from './graph/onnx-format.js';
import { createSession, Tensor } from './runtime.js';

/** x (uint8, zero point 128) [tokens, INPUTS] times the weights that `weight` gives: [tokens, OUTPUTS]. */
export type Multiply = (x: Uint8Array, tokens: number) => Promise<Float32Array>;

/** Several of the widest vectors, and some elements more. */
const INPUTS = 136;
const OUTPUTS = 40;
/** One token alone, few, and more than a tile of any kernel. */
const TOKENS = [1, 2, 5, 33];
const ZERO = 128;

const verdicts = new Map<ByteType, Promise<boolean>>();

/**
 * Whether onnxruntime multiplies 8-bit integers exactly on this processor, activations being uint8. Without VNNI, AVX2
 * and AVX-512 kernels for int8 weights add pairs of products in 16 bits, which saturate (onnxruntime's documentation,
 * "Quantize ONNX models": U8S8 on AVX2): rows of int8 would then be another model than the one that was imported.
 * Those for uint8 weights widen before they multiply. Takes milliseconds, once for each type.
 */
export function integerProductsAreExact(weights: ByteType): Promise<boolean> {
  const verdict = verdicts.get(weights) ?? withKernel(weights, productsAreExact);
  verdicts.set(weights, verdict);
  return verdict;
}

/** The type of weights to import rows as, the faster one where both are exact; undefined: none is. */
export async function exactByteWeights(): Promise<ByteType | undefined> {
  if (await integerProductsAreExact('int8')) return 'int8';
  return (await integerProductsAreExact('uint8')) ? 'uint8' : undefined;
}

/** Compares with sums in JavaScript, which are exact: at the extremes, where sums are largest, and between. */
export async function productsAreExact(multiply: Multiply): Promise<boolean> {
  for (const tokens of TOKENS) {
    const x = Uint8Array.from({ length: tokens * INPUTS }, (_, i) =>
      activation(Math.floor(i / INPUTS), i % INPUTS),
    );
    const products = await multiply(x, tokens);
    for (let i = 0; i < tokens * OUTPUTS; i++) {
      const [token, output] = [Math.floor(i / OUTPUTS), i % OUTPUTS];
      let sum = 0;
      for (let k = 0; k < INPUTS; k++) sum += ((x[token * INPUTS + k] as number) - ZERO) * weight(k, output);
      if (products[i] !== sum) return false;
    }
  }
  return true;
}

/** The largest, the largest with gaps, or something between. */
function activation(token: number, k: number): number {
  if (token % 3 === 0) return 255;
  if (token % 3 === 1) return k % 4 < 2 ? 255 : 0;
  return (k * 89 + token * 53) % 256;
}

export function weight(k: number, output: number): number {
  if (output % 4 === 0) return 127;
  if (output % 4 === 1) return -127;
  if (output % 4 === 2) return k % 4 < 2 ? 127 : -127;
  return ((k * 61 + output * 29) % 255) - 127;
}

async function withKernel<T>(weights: ByteType, use: (multiply: Multiply) => Promise<T>): Promise<T> {
  const session = await createSession(productModel(weights), { threads: 1, provider: 'cpu' });
  try {
    return await use(async (x, tokens) => {
      const { y } = await session.run({ x: new Tensor('uint8', x, [tokens, INPUTS]) });
      return y?.data as Float32Array;
    });
  } finally {
    await session.release();
  }
}

/** The operator of graphs with int8 rows, alone. */
function productModel(type: ByteType): Uint8Array {
  const shift = type === 'uint8' ? ZERO : 0;
  const weights = Uint8Array.from(
    { length: INPUTS * OUTPUTS },
    (_, i) => weight(Math.floor(i / OUTPUTS), i % OUTPUTS) + shift,
  );
  const node = {
    opType: 'MatMulIntegerToFloat',
    domain: 'com.microsoft',
    input: ['x', 'weights', 'one', 'scales', 'zero', ...(type === 'uint8' ? ['zero'] : [])],
    output: ['y'],
    attribute: [],
  };
  return encodeOnnxModel({
    irVersion: 10,
    graph: {
      name: 'products',
      node: [node],
      initializer: [
        tensor('weights', type, [INPUTS, OUTPUTS], weights),
        tensor('one', 'float', [], Float32Array.of(1)),
        tensor('scales', 'float', [OUTPUTS], new Float32Array(OUTPUTS).fill(1)),
        tensor('zero', 'uint8', [], Uint8Array.of(ZERO)),
      ],
      input: [tokensBy('x', 'uint8', INPUTS)],
      output: [tokensBy('y', 'float', OUTPUTS)],
    },
    opsetImport: [
      { domain: '', version: 21 },
      { domain: 'com.microsoft', version: 1 },
    ],
    functions: [],
  });
}

function tensor(name: string, type: TensorType, dims: readonly number[], data: ArrayBufferView): OnnxTensor {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dims, dataType: TENSOR_TYPES[type], rawData };
}

function tokensBy(name: string, type: TensorType, columns: number) {
  const dim = [{ dimParam: 'tokens' }, { dimValue: columns }];
  return { name, type: { tensorType: { elemType: TENSOR_TYPES[type], shape: { dim } } } };
}
