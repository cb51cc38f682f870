import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeTinySafetensors } from '../../../support/tiny-safetensors.js';
import type { ReferenceModel } from './families.js';

/** Writes a model's folder: weights, and config.json as the family has it. */
export function writeReferenceFolder(folder: string, { options, config }: ReferenceModel): void {
  writeTinySafetensors(folder, options);
  const path = join(folder, 'config.json');
  const plain: object = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...plain, ...config }));
}
