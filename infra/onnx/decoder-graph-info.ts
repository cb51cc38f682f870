import { ModelFormatError } from '../../src/core/errors.js';
import { GRAPH_BUILDER_VERSION, GRAPH_PRODUCER } from './graph/build-decoder-model.js';
import type { ByteType } from './graph/build-options.js';
import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor, OnnxValueInfo } from './graph/onnx-format.js';
import { TENSOR_TYPES } from './graph/onnx-format.js';

/** What a runner must know of a decoder's graph: its inputs, outputs and how it keeps the past. */
export interface DecoderGraphInfo {
  readonly layers: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly kvType: 'float32' | 'float16';
  /** From the shape of `logits`; undefined when the graph leaves it open. */
  readonly vocabularySize: number | undefined;
  /**
   * Built here: returns new key and value rows only, all in `present`, and the two largest logits; takes `logits_rows`;
   * gives attention an even number of slots.
   */
  readonly builtHere: boolean;
  /** The version of the tool that wrote it. */
  readonly producer: string;
  /** Has GroupQueryAttention, which may work in place on a shared buffer. */
  readonly groupQuery: boolean;
  /** How the weights are stored that it multiplies as 8-bit integers, as int8 rows are; undefined: none. */
  readonly byteWeights: ByteType | undefined;
  /** Positions in its rotary table; undefined when angles are computed. */
  readonly rotaryPositions: number | undefined;
  /** Ids that it can read; undefined where they are not looked up in a matrix that is stored as such. */
  readonly embeddingRows: number | undefined;
  /** Which of the inputs that only some exports have it has. */
  readonly inputs: ReadonlySet<OptionalInput>;
}

const OPTIONAL_INPUTS = [
  'position_ids',
  'logits_rows',
  'num_logits_to_keep',
  'logits_to_keep',
  'use_cache_branch',
] as const;
export type OptionalInput = (typeof OPTIONAL_INPUTS)[number];

const PAST = /^past_key_values\.(\d+)\.(key|value)$/;
const RECURRENT = /conv|ssm|recurrent|rnn|state|mamba/i;

/**
 * Reads what matters out of a graph. Throws ModelFormatError, saying what and where, for a graph that is no plain
 * decoder; or, for a target, for one whose results depend on how tokens share passes.
 */
export function inspectDecoderGraph(
  model: OnnxModel,
  where: string,
  role: 'target' | 'drafter',
): DecoderGraphInfo {
  const fail = (problem: string): never => {
    throw new ModelFormatError(where, problem);
  };
  const { graph } = model;
  const builtHere = model.producerName === GRAPH_PRODUCER;
  if (builtHere && model.producerVersion !== GRAPH_BUILDER_VERSION)
    fail(
      `was made by version ${model.producerVersion} of the graph builder, this is version ${GRAPH_BUILDER_VERSION}: import it again`,
    );
  const inputs = new Map(graph.input.map((input) => [input.name, input]));
  const outputs = new Map(graph.output.map((output) => [output.name, output]));
  const initialized = new Set(graph.initializer.map((tensor) => tensor.name));
  for (const name of ['input_ids', 'attention_mask']) if (!inputs.has(name)) fail(`input ${name} is missing`);
  const logits = outputs.get('logits') ?? fail('output logits is missing');
  const optional = new Set<OptionalInput>();
  for (const name of inputs.keys()) {
    if (name === 'input_ids' || name === 'attention_mask' || PAST.test(name) || initialized.has(name))
      continue;
    const known = OPTIONAL_INPUTS.find((candidate) => candidate === name);
    if (known !== undefined) optional.add(known);
    else if (RECURRENT.test(name)) fail(`input ${name} is recurrent state, which cannot be rolled back`);
    else fail(`input ${name} is not one that a decoder has`);
  }
  const layers = countLayers(inputs, builtHere ? undefined : outputs, fail);
  const past = inputs.get('past_key_values.0.key');
  const [, kvHeads, , headSize] = dimensions(past);
  if (kvHeads === undefined || headSize === undefined)
    return fail('input past_key_values.0.key must say how many heads it has and their size');
  const element = past?.type?.tensorType?.elemType;
  if (element !== TENSOR_TYPES.float && element !== TENSOR_TYPES.float16)
    fail('input past_key_values.0.key must be float32 or float16');
  const nodes = [...allNodes(model)];
  const dynamic = nodes.find((node) => node.opType === 'DynamicQuantizeLinear');
  if (role === 'target' && dynamic !== undefined)
    fail(
      `node ${dynamic.name ?? ''} (DynamicQuantizeLinear) scales over the whole pass, so a draft would change its neighbours' results: it can draft, but not be a target`,
    );
  return {
    layers,
    kvHeads,
    headSize,
    kvType: element === TENSOR_TYPES.float16 ? 'float16' : 'float32',
    vocabularySize: dimensions(logits).at(-1),
    builtHere,
    producer: `${model.producerName ?? ''} ${model.producerVersion ?? ''}`.trim(),
    groupQuery: nodes.some((node) => node.opType === 'GroupQueryAttention'),
    byteWeights: byteWeights(graph, nodes),
    rotaryPositions: rotaryPositions(graph, nodes),
    embeddingRows: embeddingRows(graph, nodes),
    inputs: optional,
  };
}

type Values = ReadonlyMap<string, OnnxValueInfo>;

/** `outputs`: where each must have its own. */
function countLayers(inputs: Values, outputs: Values | undefined, fail: (problem: string) => never): number {
  const past = [...inputs.keys()].filter((name) => PAST.test(name));
  if (past.length === 0) fail('input past_key_values.0.key is missing');
  const layers = Math.ceil(past.length / 2);
  for (let layer = 0; layer < layers; layer++) {
    for (const what of ['key', 'value']) {
      if (!inputs.has(`past_key_values.${layer}.${what}`))
        fail(`input past_key_values.${layer}.${what} is missing`);
      if (outputs?.has(`present.${layer}.${what}`) === false)
        fail(`output present.${layer}.${what} is missing`);
    }
  }
  return layers;
}

function dimensions(value: OnnxValueInfo | undefined): (number | undefined)[] {
  return (value?.type?.tensorType?.shape?.dim ?? []).map((dim) => dim.dimValue || undefined);
}

/** Rows of the cosine table that the first GroupQueryAttention or RotaryEmbedding takes. */
function rotaryPositions(graph: OnnxGraph, nodes: readonly OnnxNode[]): number | undefined {
  for (const node of nodes) {
    const table =
      node.opType === 'GroupQueryAttention'
        ? node.input[7]
        : node.opType === 'RotaryEmbedding'
          ? node.input[2]
          : undefined;
    if (!table) continue;
    const rows = rowsOf(graph, table);
    if (rows !== undefined) return rows;
  }
  return undefined;
}

/** Rows of the matrix that `input_ids`, or those that a padded pass picks of them, are looked up in. */
function embeddingRows(graph: OnnxGraph, nodes: readonly OnnxNode[]): number | undefined {
  const gathers = nodes.filter(({ opType }) => opType.startsWith('Gather'));
  const picked = gathers.find(({ input }) => input[0] === 'input_ids');
  const ids = picked?.output[0] ?? 'input_ids';
  const lookup = gathers.find(({ input }) => input[1] === ids);
  return rowsOf(graph, lookup?.input[0]);
}

/** All products of a graph have weights of the same type. */
function byteWeights(graph: OnnxGraph, nodes: readonly OnnxNode[]): ByteType | undefined {
  const product = nodes.find(({ opType }) => opType === 'MatMulIntegerToFloat');
  const type = stored(graph, product?.input[1])?.dataType;
  if (type === TENSOR_TYPES.int8) return 'int8';
  return type === TENSOR_TYPES.uint8 ? 'uint8' : undefined;
}

/** Undefined for what is no stored tensor. */
function rowsOf(graph: OnnxGraph, name: string | undefined): number | undefined {
  return stored(graph, name)?.dims[0];
}

function stored(graph: OnnxGraph, name: string | undefined): OnnxTensor | undefined {
  return graph.initializer.find((tensor) => tensor.name === name);
}

function* allNodes(model: OnnxModel): Generator<OnnxNode> {
  yield* nodesOf(model.graph.node);
  for (const each of model.functions) yield* nodesOf(each.node);
}

function* nodesOf(nodes: readonly OnnxNode[]): Generator<OnnxNode> {
  for (const node of nodes) {
    yield node;
    for (const attribute of node.attribute) if (attribute.g !== undefined) yield* nodesOf(attribute.g.node);
  }
}
