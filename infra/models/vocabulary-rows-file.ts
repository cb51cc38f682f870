import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { ModelFormatError } from '../../src/core/errors.js';
import { VocabularyRows } from '../onnx/vocabulary-rows.js';
import { readExactly } from './read-exactly.js';
import { readSafetensorsHeader, type SafetensorsTensor } from './safetensors-header.js';

/** Beside a drafter that knows only some of the target's ids. models/train exports it. */
export const VOCABULARY_ROWS_FILE = 'vocabulary_rows.safetensors';

/**
 * Reads the two tables of a drafter with fewer rows than the target has ids; undefined where every id has its row.
 * Throws ModelFormatError, also when the model's `vocab_size` is not the number of rows.
 */
export function readVocabularyRows(folder: string, vocabularySize: number): VocabularyRows | undefined {
  const path = join(folder, VOCABULARY_ROWS_FILE);
  if (!existsSync(path)) return undefined;
  const descriptor = openSync(path, 'r');
  try {
    const tensors = readSafetensorsHeader(descriptor, path);
    const table = (name: string) => readTable(descriptor, path, name, tensors.get(name));
    const rows = new VocabularyRows(table('row_of_id'), table('id_of_row'), path);
    if (rows.rows !== vocabularySize)
      throw new ModelFormatError(
        path,
        `id_of_row has ${rows.rows} rows, but vocab_size in config.json is ${vocabularySize}`,
      );
    return rows;
  } finally {
    closeSync(descriptor);
  }
}

function readTable(
  descriptor: number,
  path: string,
  name: string,
  tensor: SafetensorsTensor | undefined,
): Int32Array {
  if (tensor === undefined) throw new ModelFormatError(path, `tensor ${name} is missing`);
  const { dtype, shape, offset, bytes } = tensor;
  if (dtype !== 'I32' || shape.length !== 1 || bytes === 0)
    throw new ModelFormatError(path, `tensor ${name} is ${dtype} [${shape.join(', ')}], but must be I32 [n]`);
  const data = readExactly(descriptor, path, `tensor ${name}`, offset, bytes);
  return Int32Array.from({ length: bytes / 4 }, (_, i) => data.readInt32LE(4 * i));
}
