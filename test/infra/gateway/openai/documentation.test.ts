import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TEXT } from '../../../../infra/gateway/openai/completion-kind.js';
import { readCompletionRequest } from '../../../../infra/gateway/openai/completion-request.js';
import { startTestGateway, type TestGateway } from '../../../support/test-gateway.js';

let house: TestGateway;
let text: string;
beforeEach(async () => {
  house = await startTestGateway();
  text = await readFile(new URL('../../../../docs/http.md', import.meta.url), 'utf8');
});
afterEach(() => house.stop());

test('the client of docs/http.md prints the answer and its report', async () => {
  house.service.script = (generation) => {
    generation.log.append('Because', ' of', ' scattering.');
    generation.complete();
  };
  const [, example = ''] = /^```js\n(.*?)^```/ms.exec(text) ?? [];
  const local = example.replace('127.0.0.1:8080', `127.0.0.1:${house.gateway.port}`);
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', local]);
  expect(stdout).toMatch(/^Because of scattering\.\n/);
  expect(stdout).toContain('draft_n_accepted: 3');
  expect(house.service.requests).toEqual([{ prompt: 'The wind rose, and', maxTokens: 64 }]);
});

test('the bodies of its examples are requests', () => {
  const bodies = [...text.matchAll(/-d '([^']*)'/g)].map(([, body = '']) => JSON.parse(body));
  expect(bodies.map((body) => readCompletionRequest(TEXT, body).unknown)).toEqual([[], []]);
});

test('the fields that it names are known', () => {
  const [list = ''] = /^`max_tokens`, .*?`speculative`/ms.exec(text) ?? [];
  const [refused = ''] = /^What would change .*?\./ms.exec(text) ?? [];
  const [table = ''] = /^\| `prompt`(?:.|\n)*?\n\n/m.exec(text) ?? [];
  const rows = [...table.matchAll(/^\| `(\w+)`/gm)];
  const words = [...`${list} ${refused}`.matchAll(/`(\w+)`/g)];
  const fields = new Set(
    [...rows, ...words].map(([, name = '']) => name).filter((name) => name !== 'messages'),
  );
  expect(fields.size).toBeGreaterThan(20);
  const given = Object.fromEntries([...fields].map((name) => [name, null]));
  expect(readCompletionRequest(TEXT, { ...given, prompt: 'p' }).unknown).toEqual([]);
});
