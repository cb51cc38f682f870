import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { addAndNorm, norm } from '../../infra/onnx/graph/decoder-graph.js';
import { CONTRIB, GraphWriter } from '../../infra/onnx/graph/graph-writer.js';
import { asGatherable, gatherRows, linear, storeWeights } from '../../infra/onnx/graph/linear.js';
import { toWeights } from '../../infra/onnx/graph/weights.js';
import type { LayerMatrix, StoredMatrix } from '../../src/core/checkpoint.js';
import { type TinyModelOptions, tinyCheckpoint, writeTinyConfig } from './tiny-model.js';
import { writeTinyTokenizer } from './tiny-tokenizer.js';

export interface TinyExportOptions extends TinyModelOptions {
  /**
   * - `groupQuery`: GroupQueryAttention whose present outputs may share the past's buffers
   * - `concatenating`: MultiHeadAttention that concatenates past and new, positions given from outside
   */
  readonly attention: 'groupQuery' | 'concatenating';
  /** Matrices multiplied in dynamic int8 (DynamicQuantizeLinear), as files named `_quantized` do it. */
  readonly dynamicInt8?: boolean;
  /** Keys and values leave and enter as float16. */
  readonly halfKv?: boolean;
  /** Takes `num_logits_to_keep`. */
  readonly logitsToKeep?: boolean;
}

/** Writes a folder as other tools export decoders: logits of all new tokens, present with past and new rows. */
export function writeTinyExport(directory: string, options: TinyExportOptions): void {
  const checkpoint = tinyCheckpoint(options);
  const { config } = checkpoint;
  mkdirSync(directory, { recursive: true });
  const graph = new GraphWriter(join(directory, 'model.onnx'));
  const matrix = (stored: StoredMatrix) => storeWeights(graph, toWeights(stored, 'stored'), 'weights');
  const multiply = (x: string, stored: StoredMatrix) =>
    options.dynamicInt8 ? dynamicInt8(graph, x, stored) : linear(graph, x, matrix(stored));
  const ids = graph.input('input_ids', 'int64', [1, 'sequence']);
  graph.input('attention_mask', 'int64', [1, 'total']);
  const tables = rotaryTables(graph, config.contextTokens, config.headSize, config.ropeBase);
  const lengths = attentionLengths(graph);
  if (options.attention === 'concatenating') graph.input('position_ids', 'int64', [1, 'sequence']);
  const kvHeads = options.attention === 'concatenating' ? config.heads : config.kvHeads;
  const kvType = options.halfKv ? 'float16' : 'float';

  let residual = gatherRows(
    graph,
    ids,
    storeWeights(graph, asGatherable(toWeights(checkpoint.embedding(), 'stored')), 'embedding'),
  );
  let normed = norm(graph, residual, checkpoint.vector(0, 'attentionNorm'), config);
  for (let layer = 0; layer < config.layers; layer++) {
    const project = (which: LayerMatrix, x: string) => multiply(x, checkpoint.matrix(layer, which));
    const past = ['key', 'value'].map((what) => {
      const name = graph.input(`past_key_values.${layer}.${what}`, kvType, [
        1,
        kvHeads,
        'past',
        config.headSize,
      ]);
      return options.halfKv ? graph.node('Cast', [name], { attributes: { to: 1 } }) : name;
    });
    const present = ['key', 'value'].map((what) => `present.${layer}.${what}`);
    const raw = options.halfKv ? present.map((name) => `${name}.float`) : present;
    const output = graph.newName('attention');
    const outputs = [output, ...raw];
    let [q, k, v] = (['q', 'k', 'v'] as const).map((which) => project(which, normed)) as [
      string,
      string,
      string,
    ];
    if (options.attention === 'groupQuery') {
      graph.node('GroupQueryAttention', [q, k, v, ...past, lengths.last, lengths.total, ...tables], {
        domain: CONTRIB,
        outputs,
        attributes: { num_heads: config.heads, kv_num_heads: kvHeads, do_rotary: 1 },
      });
    } else {
      const rotate = (x: string, heads: number) =>
        graph.node('RotaryEmbedding', [x, 'position_ids', ...tables], {
          domain: CONTRIB,
          attributes: { num_heads: heads, rotary_embedding_dim: 0 },
        });
      q = rotate(q, config.heads);
      k = repeatHeads(graph, rotate(k, config.kvHeads), config.kvHeads, config.heads, config.headSize);
      v = repeatHeads(graph, v, config.kvHeads, config.heads, config.headSize);
      graph.node('MultiHeadAttention', [q, k, v, '', '', '', ...past], {
        domain: CONTRIB,
        outputs,
        attributes: { num_heads: config.heads, unidirectional: 1 },
      });
    }
    present.forEach((name, i) => {
      if (options.halfKv) graph.node('Cast', [raw[i] as string], { outputs: [name], attributes: { to: 10 } });
      graph.output(name, kvType, [1, kvHeads, 'total', config.headSize]);
    });
    const middle = addAndNorm(
      graph,
      project('o', output),
      residual,
      checkpoint.vector(layer, 'feedForwardNorm'),
      config,
    );
    const gate = project('gate', middle.normed);
    const silu = graph.node('Mul', [gate, graph.node('Sigmoid', [gate])]);
    const product = graph.node('Mul', [silu, project('up', middle.normed)]);
    const gain =
      layer + 1 < config.layers ? checkpoint.vector(layer + 1, 'attentionNorm') : checkpoint.finalNorm();
    ({ normed, residual } = addAndNorm(graph, project('down', product), middle.residual, gain, config));
  }
  if (options.logitsToKeep) normed = lastRows(graph, normed);
  const head = config.tiedEmbeddings ? checkpoint.embedding() : checkpoint.output();
  graph.node('Identity', [linear(graph, normed, matrix(head))], { outputs: ['logits'] });
  graph.output('logits', 'float', [1, 'rows', config.vocabularySize]);
  graph.finish({ name: 'tiny-export', version: '1' }, 21);
  writeTinyConfig(directory, config);
  writeTinyTokenizer(directory, config.vocabularySize);
}

function attentionLengths(graph: GraphWriter): { last: string; total: string } {
  const sum = graph.node('ReduceSum', ['attention_mask', graph.int64(1)], { attributes: { keepdims: 0 } });
  const last = graph.node('Sub', [sum, graph.int64(1)]);
  const total = graph.node('Gather', [graph.node('Shape', ['attention_mask']), graph.int64Scalar(1)]);
  const toInt32 = (name: string) => graph.node('Cast', [name], { attributes: { to: 6 } });
  return { last: toInt32(last), total: toInt32(total) };
}

function rotaryTables(
  graph: GraphWriter,
  positions: number,
  headSize: number,
  base: number,
): [string, string] {
  const half = headSize / 2;
  const angle = (i: number) => Math.floor(i / half) * base ** ((-2 * (i % half)) / headSize);
  const table = (of: (angle: number) => number) =>
    graph.tensor(
      'float',
      [positions, half],
      Float32Array.from({ length: positions * half }, (_, i) => of(angle(i))),
    );
  return [table(Math.cos), table(Math.sin)];
}

/** [1, n, kvHeads x headSize] -> [1, n, heads x headSize], each key-value head repeated for its group. */
function repeatHeads(
  graph: GraphWriter,
  x: string,
  kvHeads: number,
  heads: number,
  headSize: number,
): string {
  const apart = graph.node('Reshape', [x, graph.int64(0, 0, kvHeads, headSize)]);
  const index = Array.from({ length: heads }, (_, head) => Math.floor((head * kvHeads) / heads));
  const repeated = graph.node('Gather', [apart, graph.int64(...index)], { attributes: { axis: 2 } });
  return graph.node('Reshape', [repeated, graph.int64(0, 0, heads * headSize)]);
}

function lastRows(graph: GraphWriter, x: string): string {
  graph.input('num_logits_to_keep', 'int64', []);
  const count = graph.node('Unsqueeze', ['num_logits_to_keep', graph.int64(0)]);
  const start = graph.node('Neg', [count]);
  return graph.node('Slice', [x, start, graph.int64(2 ** 31), graph.int64(1)]);
}

/** Activations scaled over the whole pass, as onnxruntime's dynamic quantisation writes it. */
function dynamicInt8(graph: GraphWriter, x: string, stored: StoredMatrix): string {
  const weights = toWeights(stored, 'f32');
  if (weights.kind !== 'float') throw new Error('the fixture quantises floats');
  const scale = Math.max(...weights.values.map(Math.abs)) / 127;
  const { rows, columns } = weights;
  const transposed = Int8Array.from({ length: rows * columns }, (_, i) =>
    Math.round((weights.values[(i % rows) * columns + Math.floor(i / rows)] as number) / scale),
  );
  const quantised = ['quantised', 'scale', 'zero'].map((hint) => graph.newName(hint)) as [
    string,
    string,
    string,
  ];
  graph.node('DynamicQuantizeLinear', [x], { outputs: quantised });
  const integers = graph.node('MatMulInteger', [
    quantised[0],
    graph.tensor('int8', [columns, rows], transposed),
    quantised[2],
  ]);
  const floats = graph.node('Cast', [integers], { attributes: { to: 1 } });
  return graph.node('Mul', [floats, graph.node('Mul', [quantised[1], graph.scalarFloat(scale)])]);
}
