import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { compiledFile } from '../../support/compiled.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const main = compiledFile('src/app/cli/main.ts');

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the CLI as a process of its own. */
function start(argv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [main, ...argv], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
    });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, ...text }));
  });
  return { child, ended };
}

describe('the CLI as a process', () => {
  test('--version and --help answer without loading an engine', async () => {
    const [version, help] = await Promise.all([start(['--version']).ended, start(['--help']).ended]);
    expect(version).toMatchObject({ code: 0, stderr: '' });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(help.code).toBe(0);
    for (const command of ['generate', 'serve', 'worker', 'models', 'demo', 'doctor'])
      expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  });

  test('wrong use exits with 2 and a line on stderr', async () => {
    const [command, option] = await Promise.all([
      start(['generte']).ended,
      start(['generate'], { SLIPSTREAM_PARALLEL: 'many' }).ended,
    ]);
    expect(command).toMatchObject({ code: 2, stdout: '' });
    expect(command.stderr).toContain("slipstream: unknown command 'generte'");
    expect(option).toMatchObject({ code: 2, stdout: '' });
    expect(option.stderr).toBe(
      'slipstream: SLIPSTREAM_PARALLEL is "many", but must be a whole number from 1 to 256\n',
    );
  });

  test('serve answers over HTTP until SIGTERM', async () => {
    const models = ['--model', 'sim:target?ms=1', '--drafter', 'sim:drafter?ms=1'];
    const { child, ended } = start(['serve', '--port', '0', '--log-level', 'error', ...models]);
    const url = await new Promise<string>((resolve) => {
      child.stdout.on('data', (text: string) => {
        const found = /http:\S+/.exec(text);
        if (found !== null) resolve(found[0]);
      });
      void ended.then(({ stderr }) => resolve(`nothing: ${stderr}`));
    });
    const health = await fetch(`${url}/health`);
    expect(await health.json()).toMatchObject({ status: 'ready', model: models[1] });
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('Ctrl-C on a terminal reaches workers too, and the command still ends in order', async () => {
    const models = ['--model', 'sim:target?ms=1', '--drafter', 'sim:drafter?ms=1'];
    const { child, ended } = start([
      'generate',
      '--prompt',
      'hi',
      '--max-tokens',
      '50000',
      '--log-level',
      'error',
      ...models,
    ]);
    child.stdout.once('data', () => process.kill(-(child.pid ?? 0), 'SIGINT'));
    const { code, stderr } = await ended;
    expect(stderr).toMatch(/^\d+ tokens? \(cancelled\).*\n$/);
    expect(code).toBe(130);
  });

  test('a reader of stdout that goes away is no error', async () => {
    const { child, ended } = start(['generate', '--help']);
    child.stdout.destroy();
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  test.runIf(process.platform === 'linux')('a stdout that cannot be written is a failure', async () => {
    const shell = spawn('sh', ['-c', '"$0" "$1" generate --help >/dev/full', process.execPath, main], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    shell.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => shell.on('close', resolve));
    expect(stderr).toBe('slipstream: cannot write to stdout: ENOSPC: no space left on device, write\n');
    expect(code).toBe(1);
  });

  test('a checkout that is not built says so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipstream-bin-'));
    try {
      cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
      cpSync(join(root, 'package.json'), join(folder, 'package.json'));
      const child = spawn(join(folder, 'bin/slipstream'), ['--version'], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stderr = '';
      child.stderr.on('data', (chunk) => {
        stderr += chunk;
      });
      const code = await new Promise((resolve) => child.on('close', resolve));
      expect(stderr).toBe(
        'slipstream: this checkout is not built yet: run "npm install" (or "npm run build") in it\n',
      );
      expect(code).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
