import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requestFromWire } from '../../../infra/gateway/wire-request.js';
import { REQUEST_MODES } from '../../../src/core/generation.js';
import type { ScriptedGeneration } from '../../support/fake-generation-service.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let house: TestGateway;
let examples: string[];
let readmeClient: string;

beforeEach(async () => {
  house = await startTestGateway();
  examples = await examplesOf('docs/websocket.md');
  readmeClient = (await examplesOf('README.md')).find((code) => code.includes('new WebSocket(')) ?? '';
});
afterEach(() => house.stop());

async function examplesOf(document: string): Promise<string[]> {
  const text = await readFile(new URL(`../../../${document}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code ?? '');
}

/** Runs an example as pasted, except that the server is this test's; what it prints. */
async function play(code: string): Promise<string> {
  const local = code.replace('127.0.0.1:8080', `127.0.0.1:${house.gateway.port}`);
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', local]);
  return stdout;
}

test.each([
  // The default model has no chat template: a prompt, not messages.
  ['the Node client of docs/websocket.md', () => examples[0], { prompt: 'The wind rose, and' }],
  ['the client of the README', () => readmeClient, { prompt: 'It was a dark night, and', temperature: 0.8 }],
])('%s prints the answer and its report', async (_, example, asked) => {
  house.service.script = (generation) => {
    generation.log.append('Because', ' of', ' scattering.');
    generation.complete();
  };
  const output = await play(example() ?? '');
  expect(output).toMatch(/^Because of scattering\.\n/);
  expect(output).toContain('draft_n_accepted: 3');
  expect(house.service.requests).toEqual([{ ...asked, maxTokens: 64 }]);
});

test('the browser client comes back after a lost connection and misses nothing', async () => {
  const created = new Promise<ScriptedGeneration>((resolve) => {
    house.service.script = (generation) => {
      generation.log.append('Once', ' upon');
      resolve(generation);
    };
  });
  // Node 20 has no global WebSocket; that of ws has the same interface. It loses its first connection.
  const browser = `
    import { WebSocket as Socket } from 'ws';
    let connections = 0;
    globalThis.WebSocket = class extends Socket {
      constructor(url) {
        super(url);
        if (connections++ === 0) this.on('message', (data) => JSON.parse(data).seq === 1 && this.terminate());
      }
    };
    globalThis.setTimeout = (task) => setImmediate(task);\n`;
  const playing = play(browser + (examples[1] ?? ''));
  const generation = await created;
  for (const count of [1, 0, 1]) await generation.log.watchedBy(count);
  generation.log.append(' a');
  generation.complete();
  expect((await playing).split('\n')).toEqual(['0 Once false', '1  upon true', '2  a false', '']);
});

test('the modes that a request may ask for are those there are', async () => {
  const text = await readFile(new URL('../../../docs/websocket.md', import.meta.url), 'utf8');
  const [, modes = ''] = /^`speculative` has `mode` \(([^)]*)\)/m.exec(text) ?? [];
  expect([...modes.matchAll(/`(\w+)`/g)].map(([, mode]) => mode)).toEqual([...REQUEST_MODES]);
});

test('the fields of the table are the fields there are', async () => {
  const text = await readFile(new URL('../../../docs/websocket.md', import.meta.url), 'utf8');
  const [table = ''] = /^\| `prompt`(?:.|\n)*?\n\n/m.exec(text) ?? [];
  const fields = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name ?? '');
  expect(fields.length).toBe(19);
  const known = fields.filter((name) => name !== 'ref' && name !== 'prompt' && name !== 'speculative');
  const given = Object.fromEntries(known.map((name) => [name, null]));
  expect(requestFromWire({ prompt: 'p', ...given }).unknown).toEqual([]);
});
