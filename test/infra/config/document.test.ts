import { expect, test } from 'vitest';
import { configurationDocument } from '../../../infra/config/document.js';

test('docs/configuration.md says what the definitions say', async () => {
  await expect(configurationDocument()).toMatchFileSnapshot('../../../docs/configuration.md');
});
