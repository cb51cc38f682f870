import { closeSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import {
  ATTRIBUTE_TYPES,
  EXTERNAL_DATA_LOCATION,
  encodeOnnxModel,
  type OnnxAttribute,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
  TENSOR_TYPES,
  type TensorType,
} from './onnx-format.js';

export const CONTRIB = 'com.microsoft';

/** Tensors of at least this many bytes go to the data file. */
const EXTERNAL_FROM_BYTES = 16_384;
/** Where tensors start in the data file: whole cache lines, so that mapped weights are aligned. */
const ALIGNMENT_BYTES = 64;

/** Integers are INT or INTS attributes; a number with `float` is FLOAT. */
export type AttributeValue = number | readonly number[] | { readonly float: number };

export interface NodeOptions {
  readonly domain?: typeof CONTRIB;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Names of its outputs, '' for one that is not wanted. Default: one new name. */
  readonly outputs?: readonly string[];
}

/** Collects a graph while its large tensors are already being written to `<modelPath>.data`. */
export class GraphWriter {
  private readonly nodes: OnnxNode[] = [];
  private readonly initializers: OnnxTensor[] = [];
  private readonly inputs: OnnxValueInfo[] = [];
  private readonly outputs: OnnxValueInfo[] = [];
  private readonly dataPath: string;
  private data: number | undefined;
  private dataBytes = 0;
  private names = 0;

  constructor(private readonly modelPath: string) {
    this.dataPath = `${modelPath}.data`;
    this.data = openSync(`${this.dataPath}.partial`, 'w');
  }

  input(name: string, type: TensorType, dims: readonly (number | string)[]): string {
    this.inputs.push(valueInfo(name, type, dims));
    return name;
  }

  output(name: string, type: TensorType, dims: readonly (number | string)[]): void {
    this.outputs.push(valueInfo(name, type, dims));
  }

  /** Gives the value that is called `from` another name wherever it is: a node that copies it would copy its bytes. */
  rename(from: string, to: string): void {
    const renamed = (names: readonly string[]) => names.map((name) => (name === from ? to : name));
    this.nodes.forEach((node, i) => {
      if (node.input.includes(from) || node.output.includes(from))
        this.nodes[i] = { ...node, input: renamed(node.input), output: renamed(node.output) };
    });
  }

  tensor(type: TensorType, dims: readonly number[], values: ArrayBufferView, hint = 'constant'): string {
    const name = this.newName(hint);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const dataType = TENSOR_TYPES[type];
    if (bytes.length < EXTERNAL_FROM_BYTES) {
      this.initializers.push({ name, dims, dataType, rawData: bytes.slice() });
      return name;
    }
    const offset = Math.ceil(this.dataBytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    this.writeAt(bytes, offset);
    this.dataBytes = offset + bytes.length;
    const externalData = [
      { key: 'location', value: basename(this.dataPath) },
      { key: 'offset', value: String(offset) },
      { key: 'length', value: String(bytes.length) },
    ];
    this.initializers.push({ name, dims, dataType, externalData, dataLocation: EXTERNAL_DATA_LOCATION });
    return name;
  }

  int64(...values: number[]): string {
    return this.tensor('int64', [values.length], BigInt64Array.from(values, BigInt));
  }

  int64Scalar(value: number): string {
    return this.tensor('int64', [], BigInt64Array.of(BigInt(value)));
  }

  scalarFloat(value: number): string {
    return this.tensor('float', [], Float32Array.of(value));
  }

  newName(hint: string): string {
    return `${hint}.${this.names++}`;
  }

  /** Adds a node and returns the name of its first output. */
  node(opType: string, inputs: readonly string[], options: NodeOptions = {}): string {
    const name = this.newName(opType);
    const output = options.outputs ?? [`${name}:0`];
    const attribute = Object.entries(options.attributes ?? {}).map(([key, value]) => attributeOf(key, value));
    const domain = options.domain === undefined ? {} : { domain: options.domain };
    this.nodes.push({ name, opType, input: inputs, output, attribute, ...domain });
    return output[0] ?? '';
  }

  /** Puts both files in place, the graph last: where it is, the model is whole. */
  finish(producer: { name: string; version: string }, opset: number): void {
    this.closeData();
    const model = encodeOnnxModel({
      irVersion: 10,
      producerName: producer.name,
      producerVersion: producer.version,
      graph: {
        name: 'decoder',
        node: this.nodes,
        initializer: this.initializers,
        input: this.inputs,
        output: this.outputs,
      },
      opsetImport: [
        { domain: '', version: opset },
        { domain: CONTRIB, version: 1 },
      ],
      functions: [],
    });
    rmSync(this.modelPath, { force: true });
    renameSync(`${this.dataPath}.partial`, this.dataPath);
    writeFileSync(`${this.modelPath}.partial`, model);
    renameSync(`${this.modelPath}.partial`, this.modelPath);
  }

  /** Removes what was written so far. */
  abandon(): void {
    this.closeData();
    rmSync(`${this.dataPath}.partial`, { force: true });
    rmSync(`${this.modelPath}.partial`, { force: true });
  }

  private closeData(): void {
    if (this.data !== undefined) closeSync(this.data);
    this.data = undefined;
  }

  private writeAt(bytes: Uint8Array, offset: number): void {
    if (this.data === undefined) throw new Error('the data file is closed');
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.data, bytes, done, bytes.length - done, offset + done);
    }
  }
}

function attributeOf(name: string, value: AttributeValue): OnnxAttribute {
  if (typeof value === 'number') return { name, type: ATTRIBUTE_TYPES.int, i: value };
  if ('float' in value) return { name, type: ATTRIBUTE_TYPES.float, f: value.float };
  return { name, type: ATTRIBUTE_TYPES.ints, ints: value };
}

function valueInfo(name: string, type: TensorType, dims: readonly (number | string)[]): OnnxValueInfo {
  const dim = dims.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d }));
  return { name, type: { tensorType: { elemType: TENSOR_TYPES[type], shape: { dim } } } };
}
