import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  encodeOnnxModel,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
  TENSOR_TYPES,
} from '../../infra/onnx/graph/onnx-format.js';
import { readModelFiles } from '../../infra/onnx/model-files.js';

const FIRST_ROW = 'bench.first_row';
const ONE = 'bench.one';
const SHAPE = 'bench.shape';
const NEW_TOKENS = 'bench.new_tokens';
/** Files that transformers.js reads beside the graph. */
const SIDE_FILES = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'];

/**
 * Writes our model to `to` as Hugging Face's exports are laid out and as their readers expect it: the same operators on
 * the same weights, but with a whole `present.i.key|value` for each layer instead of the new rows alone, and the logits
 * of the last token instead of those that are asked for. Weights are copied: onnxruntime follows no link to them.
 */
export async function writeCommonGraph(folder: string, to: string): Promise<void> {
  const { model, path } = await readModelFiles(folder);
  mkdirSync(join(to, 'onnx'), { recursive: true });
  writeFileSync(
    join(to, 'onnx', 'model.onnx'),
    encodeOnnxModel({ ...model, graph: commonGraph(model.graph) }),
  );
  copyFileSync(`${path}.data`, join(to, 'onnx', `${basename(path)}.data`));
  for (const file of SIDE_FILES) copyFileSync(join(folder, file), join(to, file));
}

function commonGraph(graph: OnnxGraph): OnnxGraph {
  const isPresent = (output: readonly string[]) => output.includes('present');
  const newRows = graph.node.find(({ output }) => isPresent(output))?.input;
  if (newRows === undefined) throw new Error('the graph has no output present');
  const presentOf = new Map(
    newRows.map((name, i) => [name, `present.${i >> 1}.${i % 2 === 0 ? 'key' : 'value'}`]),
  );
  const node = graph.node
    .filter(({ output }) => !isPresent(output) && !output.includes('top_ids'))
    .map((one) => {
      const present = presentOf.get(one.output[0] ?? '');
      if (present === undefined) return one;
      const [all = '', , ...end] = one.input;
      return { ...one, input: [all, FIRST_ROW, ...end], output: [present] };
    });
  return {
    ...graph,
    node: [...lastRow(), ...node],
    initializer: [...graph.initializer, int64(FIRST_ROW, 0), int64(ONE, 1)],
    input: graph.input.filter(({ name }) => name !== 'logits_rows'),
    output: [
      ...graph.output.filter(({ name }) => name === 'logits'),
      ...[...presentOf.values()].map((name) => likePast(graph, name)),
    ],
  };
}

/** The row of the last new token. It need not be the graph's last: a pass over one token may hold another, for padding. */
function lastRow(): OnnxNode[] {
  const node = (opType: string, input: string[], output: string): OnnxNode => ({
    name: output,
    opType,
    input,
    output: [output],
    attribute: [],
  });
  return [
    node('Shape', ['input_ids'], SHAPE),
    node('Gather', [SHAPE, ONE], NEW_TOKENS),
    node('Sub', [NEW_TOKENS, ONE], 'logits_rows'),
  ];
}

function likePast(graph: OnnxGraph, name: string): OnnxValueInfo {
  const past = graph.input.find((input) => input.name === name.replace('present', 'past_key_values'));
  const type = past?.type?.tensorType;
  const [batch, heads, , size] = type?.shape?.dim ?? [];
  if (type === undefined || batch === undefined || heads === undefined || size === undefined)
    throw new Error(`the graph has no past for ${name}`);
  const shape = { dim: [batch, heads, { dimParam: 'total' }, size] };
  return { name, type: { tensorType: { ...type, shape } } };
}

function int64(name: string, value: number): OnnxTensor {
  const rawData = new Uint8Array(BigInt64Array.of(BigInt(value)).buffer);
  return { name, dims: [1], dataType: TENSOR_TYPES.int64, rawData };
}
