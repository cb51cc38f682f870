import { createHash } from 'node:crypto';
import {
  ATTRIBUTE_TYPES,
  encodeOnnxModel,
  type OnnxAttribute,
  type OnnxNode,
  TENSOR_TYPES,
} from './graph/onnx-format.js';
import { bytesOf } from './probe-path.js';
import { createSession, Tensor } from './runtime.js';

/** More than any kernel's block of rows; several of the widest vectors, and some elements more. */
const ROWS = 37;
const COLUMNS = 331;

let hash: Promise<string> | undefined;

/**
 * A hash of the bits that onnxruntime's floating-point kernels give on this processor: other instruction sets add in
 * another order, and round at other places. A probe of a model with int8 rows need not tell them apart, because a
 * difference in the last bit is mostly gone when activations are rounded to 8 bits, but not always: with FMA and without
 * it a small model gave 128 equal rows of logits and then others. Takes a tenth of a second at most, once per process.
 */
export function floatKernelHash(): Promise<string> {
  hash ??= hashOfKernels();
  return hash;
}

/** What decoders are made of, and what of it adds or approximates: norm, product, softmax, sigmoid. */
const nodes: readonly OnnxNode[] = [
  node('SimplifiedLayerNormalization', ['x', 'scale'], 'norm', [
    { name: 'epsilon', type: ATTRIBUTE_TYPES.float, f: 1e-5 },
  ]),
  node('MatMul', ['norm', 'weights'], 'product'),
  node('Softmax', ['product'], 'softmax'),
  node('Sigmoid', ['product'], 'sigmoid'),
];

async function hashOfKernels(): Promise<string> {
  const session = await createSession(kernelModel(), { threads: 1, provider: 'cpu' });
  try {
    const outputs = await session.run({
      x: new Tensor('float32', numbers(ROWS * COLUMNS, 1), [ROWS, COLUMNS]),
    });
    return hashOfNumbers(nodes.map(({ output }) => outputs[output[0] ?? '']?.data as Float32Array));
  } finally {
    await session.release();
  }
}

/** SHA-256 of their bits. */
export function hashOfNumbers(lists: readonly Float32Array[]): string {
  const sum = createHash('sha256');
  for (const list of lists) sum.update(bytesOf(list));
  return sum.digest('hex');
}

function kernelModel(): Uint8Array {
  return encodeOnnxModel({
    irVersion: 10,
    graph: {
      name: 'kernels',
      node: nodes,
      initializer: [
        tensor('scale', [COLUMNS], numbers(COLUMNS, 2)),
        tensor('weights', [COLUMNS, COLUMNS], numbers(COLUMNS * COLUMNS, 3)),
      ],
      input: [rows('x')],
      output: nodes.map(({ output }) => rows(output[0] ?? '')),
    },
    opsetImport: [{ domain: '', version: 21 }],
    functions: [],
  });
}

function node(
  opType: string,
  input: readonly string[],
  output: string,
  attribute: readonly OnnxAttribute[] = [],
): OnnxNode {
  return { opType, input, output: [output], attribute };
}

/** Numbers between -1 and 1 with many digits, by integer arithmetic: the same everywhere. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  });
}

function tensor(name: string, dims: readonly number[], data: Float32Array) {
  return { name, dims, dataType: TENSOR_TYPES.float, rawData: bytesOf(data) };
}

function rows(name: string) {
  const dim = [{ dimValue: ROWS }, { dimValue: COLUMNS }];
  return { name, type: { tensorType: { elemType: TENSOR_TYPES.float, shape: { dim } } } };
}
