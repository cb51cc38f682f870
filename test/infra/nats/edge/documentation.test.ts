import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EmbeddedServer } from '../../../../infra/nats-server/embedded-server.js';
import { createSubjects } from '../../../../src/core/subjects.js';
import { startTestServer } from '../../../support/nats.js';
import { openTestEdge } from '../../../support/test-edge.js';

let server: EmbeddedServer;
let text: string;
beforeAll(async () => {
  server = await startTestServer();
  text = await readFile(new URL('../../../../docs/nats.md', import.meta.url), 'utf8');
});
afterAll(() => server.stop());

test('the producer of docs/nats.md prints the answer and its report', async () => {
  const { edge, service } = await openTestEdge(server);
  service.script = (generation) => {
    generation.log.append('Because', ' of', ' scattering.');
    generation.complete();
  };
  const [, example = ''] = /^```js\n(.*?)^```/ms.exec(text) ?? [];
  const { url, user, password } = server;
  // The package under the name it has here, and this test's server.
  const local = example
    .replace("'@nats-io/transport-node'", "'nats'")
    .replace("servers: 'nats://127.0.0.1:4222'", `servers: '${url}', user: '${user}', pass: '${password}'`);
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', local]);
  await edge.close();
  expect(stdout).toMatch(/^Because of scattering\.\n/);
  expect(stdout).toContain('draft_n_accepted: 3');
  expect(service.requests).toEqual([{ prompt: 'The wind rose, and', maxTokens: 64 }]);
});

test('the subjects of docs/nats.md are those there are', () => {
  const subjects = createSubjects();
  const [table = ''] = /^\| `dsi\.v1\.generate`(?:.|\n)*?\n\n/m.exec(text) ?? [];
  expect([...table.matchAll(/^\| `([^`]+)`/gm)].map(([, subject]) => subject)).toEqual([
    subjects.generate,
    `${subjects.generate}.<model>`,
    subjects.generationResume('<id>'),
    subjects.generationControl('<id>'),
    subjects.jobs('x').replace(/x$/, '<model>'),
  ]);
});
