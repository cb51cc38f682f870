/** Imports a GGUF file in a process of its own: `import-process.ts FILE CACHE_FOLDER`. Prints the folder. */
import { importCheckpoint } from '../../infra/models/model-import.js';

const [file = '', cacheFolder = ''] = process.argv.slice(2);
process.stdout.write((await importCheckpoint(file, { cacheFolder })).folder);
