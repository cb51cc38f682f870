import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TokenizerMismatchError } from '../../src/core/errors.js';
import { createEngine } from '../../src/index.js';
import { writeTinyModelFolder } from '../support/tiny-model.js';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipstream-tokenizers-'));
  await writeTinyModelFolder(join(folder, 'target'), { vocabularySize: 300 });
  await writeTinyModelFolder(join(folder, 'drafter'), { vocabularySize: 299 });
});
afterAll(() => rmSync(folder, { recursive: true }));

it('refuses a drafter with another tokenizer, naming both and the first token that differs', async () => {
  const model = join(folder, 'target');
  const drafter = join(folder, 'drafter');
  const refused = createEngine({ model, drafter }).then(
    (engine) => engine.close(),
    (error: unknown) => error,
  );
  const error = await refused;
  expect(error).toBeInstanceOf(TokenizerMismatchError);
  expect(String(error)).toMatch(/drafter cannot draft for .*target: .* at token 299/);
});
