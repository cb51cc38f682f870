import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage, ModelFormatError } from '../../src/core/errors.js';
import { hashFilesOnce } from './file-hash.js';
import { readHuggingFaceConfig } from './hugging-face-config.js';
import type { ImportSource } from './import-source.js';
import { loadTokenizer } from './load-tokenizer.js';
import { safetensorsCheckpoint } from './safetensors-checkpoint.js';
import { openSafetensors } from './safetensors-files.js';
import { readVocabularyRows, VOCABULARY_ROWS_FILE } from './vocabulary-rows-file.js';

/** What is taken over as it is, where it is there. */
const SMALL_FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  VOCABULARY_ROWS_FILE,
] as const;

/**
 * Opens a folder as Hugging Face has it: config.json, safetensors, tokenizer.json. All but the tokenizer is checked
 * at once. Throws ModelFormatError, naming the file and what is wrong with it.
 */
export function openSafetensorsSource(folder: string): ImportSource {
  const config = readHuggingFaceConfig(join(folder, 'config.json'));
  const files = openSafetensors(folder);
  try {
    const checkpoint = (sourceHash: string) => safetensorsCheckpoint(files, config, folder, sourceHash);
    checkpoint('');
    const small = SMALL_FILES.filter((name) => existsSync(join(folder, name)));
    const tensors = [...files.tensors.values()];
    return {
      path: folder,
      config,
      totalBytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
      hash: (cacheFolder, onProgress) =>
        hashFilesOnce([...small.map((name) => join(folder, name)), ...files.paths], cacheFolder, onProgress),
      smallFiles: () => {
        const rows = readVocabularyRows(folder, config.vocabularySize);
        loadTokenizer(folder, rows?.vocabularySize ?? config.vocabularySize);
        return new Map(small.map((name) => [name, readFile(join(folder, name))]));
      },
      checkpoint,
      close: files.close,
    };
  } catch (error) {
    files.close();
    throw error;
  }
}

function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ModelFormatError(path, errorMessage(error), { cause: error });
  }
}
