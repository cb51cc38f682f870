import { statSync } from 'node:fs';
import { hashFileOnce } from './file-hash.js';
import { openGguf } from './gguf-reader.js';
import { ggufTokenizerFiles } from './gguf-tokenizer.js';
import { huggingFaceConfigJson } from './hugging-face-config-json.js';
import type { ImportSource } from './import-source.js';

/** Opens a GGUF file and checks it. Throws ModelNotFoundError or ModelFormatError, naming file and field. */
export function openGgufSource(path: string): ImportSource {
  const file = openGguf(path);
  try {
    const tokenizer = ggufTokenizerFiles(file.metadata, path);
    const json = (value: object) => `${JSON.stringify(value, undefined, 2)}\n`;
    return {
      path,
      config: file.config,
      totalBytes: statSync(path).size,
      hash: (cacheFolder, onProgress) => hashFileOnce(path, cacheFolder, onProgress),
      smallFiles: () => {
        const files = new Map([
          ['tokenizer.json', JSON.stringify(tokenizer.tokenizer)],
          ['tokenizer_config.json', json(tokenizer.tokenizerConfig)],
          ['generation_config.json', json(tokenizer.generationConfig)],
          ['config.json', json({ ...huggingFaceConfigJson(file.config), ...tokenizer.generationConfig })],
        ]);
        if (tokenizer.chatTemplate !== undefined) files.set('chat_template.jinja', tokenizer.chatTemplate);
        return files;
      },
      checkpoint: file.checkpoint,
      close: file.close,
    };
  } catch (error) {
    file.close();
    throw error;
  }
}
