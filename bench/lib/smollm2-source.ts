import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { processContext } from '../../infra/config/process-context.js';
import { cacheLayout } from '../../infra/models/cache-layout.js';
import { pullModel } from '../../infra/models/model-store.js';

/** SmolLM2's GGUF file, downloaded when it is not here. */
export async function smollm2Source(): Promise<string> {
  const { cacheFolder } = processContext();
  await pullModel('smollm2', { cacheFolder });
  return String(findSmollm2Source());
}

/** The same where it has been downloaded before; undefined elsewhere. */
export function findSmollm2Source(): string | undefined {
  const { sources } = cacheLayout(processContext().cacheFolder);
  if (!existsSync(sources)) return undefined;
  const name = readdirSync(sources).find((file) => /^smollm2-.*\.gguf$/.test(file));
  return name === undefined ? undefined : join(sources, name);
}
