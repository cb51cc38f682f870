/** What make_expected.py reads: `npx tsx test/infra/models/reference/write-folders-main.ts FOLDER`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { REFERENCE_MODELS, REFERENCE_POSITIONS, REFERENCE_TOKENS } from './families.js';
import { writeReferenceFolder } from './reference-folder.js';

const [, , root] = argv;
if (root === undefined) throw new Error('say where to write');
mkdirSync(root, { recursive: true });
const question = { tokens: REFERENCE_TOKENS, positions: REFERENCE_POSITIONS };
writeFileSync(join(root, 'question.json'), JSON.stringify(question));
for (const model of REFERENCE_MODELS) writeReferenceFolder(join(root, model.name), model);
