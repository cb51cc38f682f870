import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readConsolePages } from '../../../infra/gateway/console-assets.js';
import { SystemError } from '../../../src/core/errors.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipstream-console-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const folders = () => ({ written: join(folder, 'written'), compiled: join(folder, 'compiled') });

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

test('are the page, its style and its compiled modules, each with its type, and nothing else', () => {
  write({
    'written/index.html': '<p>é</p>',
    'written/style.css': 'p {}',
    'written/main.ts': 'source',
    'compiled/main.js': 'import "./view.js"',
    'compiled/view.js': '',
    'compiled/main.js.map': '{}',
  });
  const pages = readConsolePages(folders());
  expect([...pages].map(([path, { headers }]) => [path, headers?.['content-type']])).toEqual([
    ['/inspect', 'text/html; charset=utf-8'],
    ['/inspect/style.css', 'text/css; charset=utf-8'],
    ['/inspect/main.js', 'text/javascript; charset=utf-8'],
    ['/inspect/view.js', 'text/javascript; charset=utf-8'],
  ]);
  expect(pages.get('/inspect')?.body).toBe('<p>é</p>');
});

test('that were not built are told of in a sentence', () => {
  const read = () => readConsolePages(folders());
  const message = 'the page that shows state charts is not built: run "npm run build"';
  expect(read).toThrow(new SystemError(message));
  write({ 'written/index.html': '', 'written/style.css': '', 'compiled/view.js': '' });
  expect(read).toThrow(message);
});

test('the page loads nothing but what is served beside it', () => {
  const html = readFileSync(new URL('../../../console/index.html', import.meta.url), 'utf8');
  const loaded = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url);
  expect(loaded).toEqual(['data:,', 'inspect/style.css', 'inspect/main.js']);
  expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=/);
});
