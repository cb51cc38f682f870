import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ModelFormatError } from '../../src/core/errors.js';
import { hasSafetensors } from './safetensors-files.js';

/** The graph of a model folder: `model.onnx`, or `onnx/model.onnx` as Hugging Face's exports have it. */
export function findGraph(folder: string): string | undefined {
  return [join(folder, 'model.onnx'), join(folder, 'onnx', 'model.onnx')].find((path) => existsSync(path));
}

/** Whether a folder has weights that a graph can be made of, and no graph, which would be used as it is. */
export function needsImport(folder: string): boolean {
  return findGraph(folder) === undefined && hasSafetensors(folder);
}

/** Throws ModelFormatError when there is none. */
export function requireGraph(folder: string): string {
  const graph = findGraph(folder);
  if (graph !== undefined) return graph;
  throw new ModelFormatError(join(folder, 'model.onnx'), 'is missing, and so is model.safetensors');
}
