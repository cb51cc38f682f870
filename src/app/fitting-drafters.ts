import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CompiledModelStoreOptions } from '../../infra/config/model-store-options.js';
import { resolveModel } from '../../infra/models/model-folder.js';
import { listModels } from '../../infra/models/model-store.js';
import { openTokenizer } from '../../infra/models/tokenizer-source.js';

/** Names of models that are built in or here and can draft for `model`: with the same tokenizer, and smaller. */
export async function fittingDrafters(model: string, store: CompiledModelStoreOptions): Promise<string[]> {
  const target = await resolveModel(model, store);
  if (target.kind !== 'onnx') return [];
  const { hash } = openTokenizer(target.tokenizer);
  const bytes = folderBytes(target.folder);
  const fitting: string[] = [];
  for (const { name, folder } of listModels(store)) {
    if (folder === undefined || name === model) continue;
    const drafter = await resolveModel(name, store);
    if (drafter.kind !== 'onnx' || folderBytes(drafter.folder) >= bytes) continue;
    if (openTokenizer(drafter.tokenizer).hash === hash) fitting.push(name);
  }
  return fitting;
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { encoding: 'utf8', recursive: true })
    .map((file) => statSync(join(folder, file)).size)
    .reduce((total, size) => total + size, 0);
}
