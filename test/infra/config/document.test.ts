import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configurationDocument } from '../../../infra/config/document.js';

test('docs/configuration.md says what the definitions say (write it anew with UPDATE_DOCS=1)', async () => {
  const path = new URL('../../../docs/configuration.md', import.meta.url);
  if (process.env.UPDATE_DOCS) {
    const { writeFileSync } = await import('node:fs');
    writeFileSync(path, configurationDocument());
  }
  expect(readFileSync(path, 'utf8')).toBe(configurationDocument());
});
