import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The graph of a model folder: `model.onnx`, or `onnx/model.onnx` as Hugging Face's exports have it. */
export function findGraph(folder: string): string | undefined {
  return [join(folder, 'model.onnx'), join(folder, 'onnx', 'model.onnx')].find((path) => existsSync(path));
}
