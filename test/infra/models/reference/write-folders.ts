import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { writeTinySafetensors } from '../../../support/tiny-safetensors.js';
import { REFERENCE_MODELS, REFERENCE_POSITIONS, REFERENCE_TOKENS, type ReferenceModel } from './families.js';

/** Writes a model's folder: weights, and config.json as the family has it. */
export function writeReferenceFolder(folder: string, { options, config }: ReferenceModel): void {
  writeTinySafetensors(folder, options);
  const path = join(folder, 'config.json');
  const plain: object = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...plain, ...config }));
}

/** `npx tsx write-folders.ts FOLDER`: what make_expected.py reads. */
const [, script = '', root] = argv;
if (script.endsWith('write-folders.ts') && root !== undefined) {
  mkdirSync(root, { recursive: true });
  const question = { tokens: REFERENCE_TOKENS, positions: REFERENCE_POSITIONS };
  writeFileSync(join(root, 'question.json'), JSON.stringify(question));
  for (const model of REFERENCE_MODELS) writeReferenceFolder(join(root, model.name), model);
}
