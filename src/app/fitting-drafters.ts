import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadTokenizer } from '../../infra/models/load-tokenizer.js';
import { resolveModel } from '../../infra/models/model-folder.js';
import { listModels, type ModelStoreSettings } from '../../infra/models/model-store.js';
import { openTokenizer } from '../../infra/models/tokenizer-source.js';
import { ModelFormatError, ModelNotFoundError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';

/**
 * Names of models that are built in or here and can draft for `model`: with the same tokenizer, and smaller. Imports
 * those and no others. One that cannot be read is left out with a line in the log; throws what `model` itself meets.
 */
export async function fittingDrafters(
  model: string,
  store: ModelStoreSettings,
  logger: Logger,
): Promise<string[]> {
  const target = await resolveModel(model, store);
  if (target.kind !== 'onnx') return [];
  const { hash } = openTokenizer(target.tokenizer);
  const bytes = folderBytes(target.folder);
  const fitting: string[] = [];
  const leaveOut = (name: string, error: string) =>
    logger.warn({ model: name, error }, 'left out a model that cannot be read');
  for (const { name, state, folder } of listModels(store)) {
    if (state === 'broken') leaveOut(name, 'what the name stands for is gone or damaged');
    if (folder === undefined || name === model) continue;
    try {
      // As it lies there: a model that is built in takes seconds to import.
      if (folderBytes(folder) >= bytes || loadTokenizer(folder).hash !== hash) continue;
      const drafter = await resolveModel(name, store);
      if (drafter.kind === 'onnx' && folderBytes(drafter.folder) < bytes) fitting.push(name);
    } catch (error) {
      if (!(error instanceof ModelFormatError || error instanceof ModelNotFoundError)) throw error;
      leaveOut(name, error.message);
    }
  }
  return fitting;
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { encoding: 'utf8', recursive: true })
    .map((file) => statSync(join(folder, file)).size)
    .reduce((total, size) => total + size, 0);
}
