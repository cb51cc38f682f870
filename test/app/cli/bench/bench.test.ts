import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ModelNotFoundError } from '../../../../src/core/errors.js';
import { createVirtualEngine } from '../../../support/virtual-engine.js';
import { run, type World } from '../harness.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipstream-bench-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const GOOD = 'sim:drafter?ms=2&acceptance=0.9';
const POOR = 'sim:drafter?ms=30&acceptance=0';
const virtual: World['services'] = {
  createEngine: (options) => Promise.resolve(createVirtualEngine(options)),
};

function bench(argv: readonly string[], world: World = {}) {
  return run(
    ['bench', '--quick', '--cache-folder', folder, '--model', 'sim:target?ms=20', '--targets', '11', ...argv],
    { ...world, services: { ...virtual, ...world.services } },
  );
}

const doctor = async () => (await run(['doctor', '--offline', '--cache-folder', folder])).stdout;

describe('slipstream bench', () => {
  test('measures every drafter in every mode, and the doctor remembers the fastest', async () => {
    expect(await doctor()).toMatch(/^speed +warning +not measured yet: run slipstream bench --quick$/m);
    const { code, stdout, stderr } = await bench(['--drafter', POOR, '--drafter', GOOD, '--json']);
    expect(stderr).toBe(`starting none\nstarting ${POOR}\nstarting ${GOOD}\nmeasuring\n`);
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report.rows.map(({ drafter, mode }: Record<string, string>) => `${drafter} ${mode}`)).toEqual([
      'none none',
      ...[POOR, GOOD].flatMap((drafter) => ['si', 'dsi', 'auto'].map((mode) => `${drafter} ${mode}`)),
    ]);
    expect(report).toMatchObject({ model: 'sim:target?ms=20', drafter: GOOD, tokens: 32 });
    // a*c + (1-a)*T is a fifth of T.
    expect(report.times_plain).toBeGreaterThan(3);
    expect(await doctor()).toMatch(/^speed +ok +use --model 'sim:target\?ms=20' --drafter '.*0\.9' --mode /m);
  });

  test('recommends no drafter where none helps', async () => {
    const { stdout } = await bench(['--drafter', POOR]);
    expect(stdout).toMatch(/^No drafter pays here: plain decoding, 50 tokens\/s\./m);
    expect(await doctor()).toMatch(/^speed +ok +use .* --drafter 'none' --mode none: 50 tokens\/s/m);
  });

  test('takes lookup and the models here that fit when none is named', async () => {
    const { stderr } = await bench([], { services: { fittingDrafters: () => Promise.resolve([GOOD]) } });
    expect(stderr).toBe(`starting none\nstarting ngram\nstarting ${GOOD}\nmeasuring\n`);
  });

  test('shows a bar on a terminal', async () => {
    const { stderr } = await bench(['--drafter', GOOD], { terminal: true });
    expect(stderr).toContain('measuring [');
  });

  test('refuses to advise where there is nothing to compare', async () => {
    const { code, stderr, engines } = await bench(['--drafter', 'none']);
    expect(stderr).toMatch(/^slipstream: --drafter is "none", but must be a drafter/);
    expect({ code, engines }).toEqual({ code: 2, engines: [] });
  });

  test('refuses a wrong drafter before anything is measured', async () => {
    const { code, stderr, engines } = await bench(['--drafter', GOOD, '--drafter', 'a,,b']);
    expect(stderr).toMatch(/^slipstream: --drafter is "a,,b", but must be/);
    expect([code, engines]).toEqual([2, []]);
  });

  test('refuses a drafter that is not there before anything is started', async () => {
    const missing = new ModelNotFoundError('nope', 'no such folder');
    const { code, stderr, engines } = await bench(['--drafter', GOOD, '--drafter', 'nope'], {
      services: { bringModel: (name) => (name === 'nope' ? Promise.reject(missing) : Promise.resolve()) },
    });
    expect({ code, stderr }).toEqual({ code: 1, stderr: `slipstream: ${missing.message}\n` });
    expect(engines).toEqual([]);
  });

  test('ends at Ctrl-C and remembers nothing', async () => {
    const interrupted = new AbortController();
    const { code } = await bench([], {
      interrupted,
      onStderr: () => interrupted.abort('SIGINT'),
    });
    expect(code).toBe(130);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('numbers of another processor, or that cannot be read, are not shown', async () => {
    writeFileSync(join(folder, 'bench.json'), '{');
    expect(await doctor()).toContain('not measured yet');
    const record = {
      model: 'm',
      drafter: 'd',
      mode: 'dsi',
      targets: 2,
      tokens_per_second: 9,
      times_plain: 2,
    };
    writeFileSync(join(folder, 'bench.json'), JSON.stringify({ ...record, processor: 'abacus, 1 cores' }));
    expect(await doctor()).toMatch(/^speed +warning +measured on abacus, 1 cores: run/m);
  });
});
