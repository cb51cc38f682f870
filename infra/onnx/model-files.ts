import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage, ModelFormatError, ModelNotFoundError, systemReason } from '../../src/core/errors.js';
import { externalDataFiles } from './external-data.js';
import { decodeOnnxModel, type OnnxModel } from './graph/onnx-format.js';

export interface ModelFiles {
  /** The graph's file. */
  readonly path: string;
  readonly model: OnnxModel;
  /** SHA-256 over the graph's file and its data files, in hexadecimal digits. */
  readonly hash: string;
}

/** A graph's file as it was read, and the files that its data lie in. */
export interface GraphFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly model: OnnxModel;
  readonly dataFiles: readonly string[];
}

/**
 * Finds a model's graph (`model.onnx` in a folder, or `onnx/model.onnx`, or the file itself) and reads it. Throws
 * ModelNotFoundError; ModelFormatError when it is damaged, its data lie outside its folder or a data file is too short.
 */
export function readGraphFile(path: string): GraphFile {
  const file = findGraphFile(path);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new ModelNotFoundError(file, systemReason(error));
  }
  let model: OnnxModel;
  try {
    model = decodeOnnxModel(bytes);
  } catch (error) {
    throw new ModelFormatError(file, `is not an ONNX model (${errorMessage(error)})`, { cause: error });
  }
  return { path: file, bytes, model, dataFiles: externalDataFiles(model, file) };
}

/** Reads a model's graph as `readGraphFile` does, and hashes it with its data files. */
export async function readModelFiles(path: string): Promise<ModelFiles> {
  const { path: file, bytes, model, dataFiles } = readGraphFile(path);
  const hash = createHash('sha256').update(bytes);
  for (const dataFile of dataFiles) {
    try {
      for await (const chunk of createReadStream(dataFile, { highWaterMark: 1 << 20 }))
        hash.update(chunk as Buffer);
    } catch (error) {
      throw new ModelFormatError(dataFile, `cannot be read: ${errorMessage(error)}`, { cause: error });
    }
  }
  return { path: file, model, hash: hash.digest('hex') };
}

function findGraphFile(path: string): string {
  if (!existsSync(path)) throw new ModelNotFoundError(path, 'no such file or folder');
  if (!statSync(path).isDirectory()) return path;
  const candidates = [join(path, 'model.onnx'), join(path, 'onnx', 'model.onnx')];
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found === undefined) throw new ModelNotFoundError(path, 'the folder has no model.onnx');
  return found;
}
