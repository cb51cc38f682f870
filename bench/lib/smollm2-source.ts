import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { processContext } from '../../infra/config/process-context.js';
import { cacheLayout } from '../../infra/models/cache-layout.js';
import { pullModel } from '../../infra/models/model-store.js';

/** SmolLM2's GGUF file, downloaded when it is not here. */
export async function smollm2Source(): Promise<string> {
  const { cacheFolder } = processContext();
  await pullModel('smollm2', { cacheFolder });
  const { sources } = cacheLayout(cacheFolder);
  const name = readdirSync(sources).find((file) => /^smollm2-.*\.gguf$/.test(file));
  return join(sources, String(name));
}
