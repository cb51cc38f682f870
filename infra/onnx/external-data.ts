import { statSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { ModelFormatError } from '../../src/core/errors.js';
import {
  EXTERNAL_DATA_LOCATION,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxTensor,
} from './graph/onnx-format.js';

/** A location with this in it is an address in memory to onnxruntime. */
const MEMORY_ADDRESS = /_ORT_\w*MEM_ADDR_/;

/**
 * The files in which a model's weights lie outside its graph, sorted, each inside the graph's folder and long enough
 * for what it must hold. A model can come from anybody, and onnxruntime reads where it is told to: so this is checked
 * before it sees the model. Throws ModelFormatError, naming the tensor.
 */
export function externalDataFiles(model: OnnxModel, path: string): string[] {
  const folder = dirname(path);
  const bytesOf = new Map<string, number>();
  for (const tensor of tensorsOf(model)) {
    const fail = (problem: string): never => {
      throw new ModelFormatError(path, `tensor ${JSON.stringify(tensor.name ?? '')}: ${problem}`);
    };
    const place = placeOf(tensor, fail);
    if (place === undefined) continue;
    const { location, offset, length } = place;
    if (!isInside(location))
      fail(`its data file ${JSON.stringify(location)} lies outside the model's folder`);
    const file = join(folder, location);
    const bytes = bytesOf.get(file) ?? fileBytes(file);
    if (bytes === undefined) return fail(`its data file ${JSON.stringify(location)} is missing`);
    bytesOf.set(file, bytes);
    const [start, count] = [Number(offset), Number(length)];
    if (!/^\d*$/.test(offset + length))
      fail(`its data are at ${JSON.stringify(offset)}, ${JSON.stringify(length)} bytes: no whole numbers`);
    if (start + count > bytes)
      fail(`its data end at byte ${start + count} of ${JSON.stringify(location)}, but the file at ${bytes}`);
  }
  return [...bytesOf.keys()].sort();
}

interface Place {
  readonly location: string;
  /** As text; may be '', which is 0, or as many as the shape needs. */
  readonly offset: string;
  readonly length: string;
}

function placeOf(tensor: OnnxTensor, fail: (problem: string) => never): Place | undefined {
  const entries = tensor.externalData ?? [];
  if (tensor.dataLocation !== EXTERNAL_DATA_LOCATION && entries.length === 0) return undefined;
  const said = new Map(entries.map(({ key, value }) => [key, value]));
  if (said.size < entries.length) fail('says twice where its data are');
  const { location = '', offset = '', length = '' } = Object.fromEntries(said);
  return { location, offset, length };
}

/** Backslashes and drive letters count as Windows takes them, wherever this runs. */
function isInside(location: string): boolean {
  const portable = normalize(location.replaceAll('\\', '/'));
  const leaves = portable === '..' || portable.startsWith(`..${sep}`) || portable.startsWith('../');
  return (
    location !== '' &&
    !leaves &&
    !isAbsolute(portable) &&
    !/^[a-z]:/i.test(portable) &&
    !MEMORY_ADDRESS.test(location)
  );
}

function fileBytes(file: string): number | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats?.isFile() ? stats.size : undefined;
}

function* tensorsOf(model: OnnxModel): Generator<OnnxTensor> {
  yield* inGraph(model.graph);
  for (const { node } of model.functions) for (const { attribute } of node) yield* inAttributes(attribute);
}

function* inGraph(graph: OnnxGraph): Generator<OnnxTensor> {
  yield* graph.initializer;
  for (const { values, indices } of graph.sparseInitializer ?? [])
    for (const tensor of [values, indices]) if (tensor !== undefined) yield tensor;
  for (const { attribute } of graph.node) yield* inAttributes(attribute);
}

function* inAttributes(attributes: readonly OnnxAttribute[]): Generator<OnnxTensor> {
  for (const { t, tensors = [], g, graphs = [], sparseTensor, sparseTensors = [] } of attributes) {
    if (t !== undefined) yield t;
    yield* tensors;
    for (const graph of g === undefined ? graphs : [g, ...graphs]) yield* inGraph(graph);
    for (const { values, indices } of sparseTensor === undefined
      ? sparseTensors
      : [sparseTensor, ...sparseTensors])
      for (const tensor of [values, indices]) if (tensor !== undefined) yield tensor;
  }
}
