import protobuf from 'protobufjs/light.js';

/**
 * The part of ONNX's file format that is read and written here, as a protobufjs descriptor. Field names and
 * numbers are those of onnx/onnx.proto3 (ONNX IR version 10; https://github.com/onnx/onnx, Apache-2.0); fields
 * that are absent here are skipped when a file is read.
 */
const field = (type: string, id: number) => ({ type, id });
const list = (type: string, id: number) => ({ rule: 'repeated', type, id });

const messages = {
  StringStringEntryProto: { fields: { key: field('string', 1), value: field('string', 2) } },
  OperatorSetIdProto: { fields: { domain: field('string', 1), version: field('int64', 2) } },
  Dimension: { fields: { dimValue: field('int64', 1), dimParam: field('string', 2) } },
  TensorShapeProto: { fields: { dim: list('Dimension', 1) } },
  TensorTypeProto: { fields: { elemType: field('int32', 1), shape: field('TensorShapeProto', 2) } },
  TypeProto: { fields: { tensorType: field('TensorTypeProto', 1) } },
  ValueInfoProto: { fields: { name: field('string', 1), type: field('TypeProto', 2) } },
  TensorProto: {
    fields: {
      dims: list('int64', 1),
      dataType: field('int32', 2),
      name: field('string', 8),
      rawData: field('bytes', 9),
      externalData: list('StringStringEntryProto', 13),
      dataLocation: field('int32', 14),
    },
  },
  SparseTensorProto: {
    fields: { values: field('TensorProto', 1), indices: field('TensorProto', 2) },
  },
  AttributeProto: {
    fields: {
      name: field('string', 1),
      f: field('float', 2),
      i: field('int64', 3),
      s: field('bytes', 4),
      t: field('TensorProto', 5),
      g: field('GraphProto', 6),
      ints: list('int64', 8),
      tensors: list('TensorProto', 10),
      graphs: list('GraphProto', 11),
      type: field('int32', 20),
      sparseTensor: field('SparseTensorProto', 22),
      sparseTensors: list('SparseTensorProto', 23),
    },
  },
  NodeProto: {
    fields: {
      input: list('string', 1),
      output: list('string', 2),
      name: field('string', 3),
      opType: field('string', 4),
      attribute: list('AttributeProto', 5),
      domain: field('string', 7),
    },
  },
  GraphProto: {
    fields: {
      node: list('NodeProto', 1),
      name: field('string', 2),
      initializer: list('TensorProto', 5),
      input: list('ValueInfoProto', 11),
      output: list('ValueInfoProto', 12),
      sparseInitializer: list('SparseTensorProto', 15),
    },
  },
  FunctionProto: { fields: { name: field('string', 1), node: list('NodeProto', 7) } },
  ModelProto: {
    fields: {
      irVersion: field('int64', 1),
      producerName: field('string', 2),
      producerVersion: field('string', 3),
      graph: field('GraphProto', 7),
      opsetImport: list('OperatorSetIdProto', 8),
      metadataProps: list('StringStringEntryProto', 14),
      functions: list('FunctionProto', 25),
    },
  },
};

const modelType = protobuf.Root.fromJSON({ nested: messages }).lookupType('ModelProto');

export const TENSOR_TYPES = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10 } as const;
export type TensorType = keyof typeof TENSOR_TYPES;

export const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, ints: 7 } as const;
export const EXTERNAL_DATA_LOCATION = 1;

export interface OnnxEntry {
  readonly key: string;
  readonly value: string;
}

export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly rawData?: Uint8Array;
  readonly externalData?: readonly OnnxEntry[];
  readonly dataLocation?: number;
}

export interface OnnxSparseTensor {
  readonly values?: OnnxTensor;
  readonly indices?: OnnxTensor;
}

export interface OnnxAttribute {
  readonly name: string;
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly ints?: readonly number[];
  readonly t?: OnnxTensor;
  readonly g?: OnnxGraph;
  readonly tensors?: readonly OnnxTensor[];
  readonly graphs?: readonly OnnxGraph[];
  readonly sparseTensor?: OnnxSparseTensor;
  readonly sparseTensors?: readonly OnnxSparseTensor[];
}

export interface OnnxNode {
  readonly name?: string;
  readonly opType: string;
  /** Absent: the ONNX operators. */
  readonly domain?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly OnnxAttribute[];
}

export interface OnnxValueInfo {
  readonly name: string;
  readonly type?: {
    readonly tensorType?: {
      readonly elemType: number;
      readonly shape?: {
        readonly dim: readonly { readonly dimValue?: number; readonly dimParam?: string }[];
      };
    };
  };
}

export interface OnnxGraph {
  readonly name?: string;
  readonly node: readonly OnnxNode[];
  readonly initializer: readonly OnnxTensor[];
  readonly sparseInitializer?: readonly OnnxSparseTensor[];
  readonly input: readonly OnnxValueInfo[];
  readonly output: readonly OnnxValueInfo[];
}

export interface OnnxModel {
  readonly irVersion: number;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly graph: OnnxGraph;
  readonly opsetImport: readonly { readonly domain?: string; readonly version: number }[];
  readonly functions: readonly { readonly name: string; readonly node: readonly OnnxNode[] }[];
}

export function encodeOnnxModel(model: OnnxModel): Uint8Array {
  return modelType.encode(modelType.fromObject(model)).finish();
}

/** Throws whatever protobufjs throws when `bytes` is not such a file. Weights inside share memory with `bytes`. */
export function decodeOnnxModel(bytes: Uint8Array): OnnxModel {
  const options = { longs: Number, arrays: true };
  const plain = modelType.toObject(modelType.decode(bytes), options) as Partial<OnnxModel>;
  if (plain.graph === undefined) throw new Error('it has no graph');
  return plain as OnnxModel;
}
