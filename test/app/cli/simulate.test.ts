import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from './harness.js';

const KEYS = [
  'mode',
  'ms_per_token',
  'time_to_first_token_ms',
  'speedup_over_none',
  'target_forwards',
  'drafter_forwards',
  'rollbacks',
  'acceptance',
  'plan',
];

async function report(...flags: string[]) {
  const { code, stdout, stderr } = await run(['simulate', '--json', ...flags]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

describe('slipstream simulate', () => {
  test.each([
    ['actors', '100000'],
    ['fast', '100000000'],
  ])('ends at Ctrl-C in the middle, with the engine %s', async (engine, tokens) => {
    const interrupted = new AbortController();
    const soon = setTimeout(() => interrupted.abort('SIGINT'), 50);
    const { code, stdout } = await run(['simulate', '--engine', engine, '--tokens', tokens], { interrupted });
    clearTimeout(soon);
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  });

  test.each(['actors', 'fast'])('prints one object with the engine %s', async (engine) => {
    const printed = await report('--engine', engine, '--tokens', '200');
    expect(Object.keys(printed)).toEqual(KEYS);
    expect(Object.keys(printed.plan)).toEqual([
      'lookahead',
      'wait',
      'ahead',
      'least_likelihood',
      'job_tokens',
      'targets',
      'drafters',
      'reason',
    ]);
    expect(printed.speedup_over_none).toBeGreaterThan(1.5);
    expect(await report('--engine', engine, '--tokens', '200')).toEqual(printed);
  });

  test.each(['actors', 'fast'])('decodes plainly on one target of several, engine %s', async (engine) => {
    const poor = ['--drafter-ms', '28', '--acceptance', '0', '--targets', '4', '--jitter', '0.5'];
    const printed = await report('--engine', engine, '--mode', 'auto', ...poor, '--tokens', '400');
    expect(printed.mode).toBe('none');
    // While the first plan was in force some were in vain.
    expect(printed.target_forwards).toBeLessThan(420);
  });

  test.each(['actors', 'fast'])('decodes on one target while drafts are late, engine %s', async (engine) => {
    const late = ['--drafter-ms', '28', '--acceptance', '1', '--latency-ms', '2', '--jitter', '0.2'];
    const plan = ['--mode', 'dsi', '--lookahead', '1', '--wait', '0', '--targets', '4'];
    const printed = await report('--engine', engine, ...plan, ...late, '--tokens', '400');
    expect(printed.target_forwards).toBeLessThan(420);
  });

  test('is right where a measured trace says so, with both engines', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipstream-trace-'));
    try {
      const file = join(folder, 'acceptance.json');
      // Seven of ten, over and over.
      writeFileSync(file, JSON.stringify({ texts: [{ right: '11101' }, { right: '10110' }] }));
      const flags = ['--mode', 'si', '--lookahead', '2', '--tokens', '400', '--acceptance-trace', file];
      const actors = await report(...flags);
      expect(actors.acceptance).toBeGreaterThan(0.5);
      const fast = await report(...flags, '--engine', 'fast');
      expect(fast.acceptance).toBeCloseTo(actors.acceptance, 2);
      expect(fast.ms_per_token).toBeCloseTo(actors.ms_per_token, 1);
      const both = await run(['simulate', '--acceptance-trace', file, '--burst', '4']);
      expect(both.code).toBe(2);
      expect(both.stderr).toContain('--burst is 4, but must be left out when --acceptance-trace is given');
      writeFileSync(file, '{"token_ids": [1]}');
      const broken = await run(['simulate', '--acceptance-trace', file]);
      expect(broken.code).toBe(1);
      expect(broken.stderr).toContain('acceptance.json: is no record of right drafts: texts: ');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    ['none', []],
    ['si', ['--lookahead', '4', '--acceptance', '1']],
    ['dsi', ['--lookahead', '1', '--acceptance', '1', '--latency-ms', '1.5']],
    ['dsi', ['--targets', '2', '--wait', '3', '--acceptance', '0', '--drafter-ms', '0.5']],
    ['auto', ['--target-token-ms', '0.3', '--acceptance', '1', '--drafters', '2']],
  ] as const)('both engines say the same where nothing is random: %s %j', async (mode, flags) => {
    const asked = ['--mode', mode, '--tokens', '300', ...flags];
    expect(await report('--engine', 'fast', ...asked)).toEqual(await report('--engine', 'actors', ...asked));
  });

  test('says of how many tokens of a long text every event was simulated', async () => {
    const flags = ['--mode', 'dsi', '--lookahead', '1', '--engine', 'fast', '--json', '--tokens'];
    const long = await run(['simulate', ...flags, '1000000']);
    expect(long.stderr).toMatch(
      /^\d{5} tokens simulated event by event; of the rest, which drafts are right: /,
    );
    expect(JSON.parse(long.stdout).rollbacks).toBeGreaterThan(150_000);
    expect((await run(['simulate', ...flags, '2000'])).stderr).toBe('');
  });

  test('both engines agree where other drafts are right', async () => {
    const asked = ['--tokens', '4000', '--targets', '6', '--drafter-ms', '4', '--latency-ms', '0.3'];
    const [actors, fast] = [await report(...asked), await report('--engine', 'fast', ...asked)];
    // By a c + (1 - a) T of either's own acceptance: 4,000 random drafts wander by half a percent.
    const perToken = ({ acceptance: a }: { acceptance: number }) => a * 4 + (1 - a) * 21;
    const difference = fast.ms_per_token / perToken(fast) / (actors.ms_per_token / perToken(actors)) - 1;
    expect(Math.abs(difference)).toBeLessThan(0.01);
  });

  test('a table for people', async () => {
    const { code, stdout } = await run(['simulate', '--engine', 'fast', '--mode', 'none', '--tokens', '20']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nms per token +20\n/);
    expect(stdout).toMatch(/\nacceptance +-\n/);
  });

  test.each([
    ['--target-ms', '-1', '0 to 60000'],
    ['--drafter-ms', '-0.5', '0 to 60000'],
    ['--latency-ms', '-1', '0 to 60000'],
    ['--jitter', '-1', '0 to 2'],
    ['--acceptance', '1.01', '0 to 1'],
    ['--acceptance', '-0.1', '0 to 1'],
    ['--targets', '0', '1 to 64'],
    ['--lookahead', '0', '1 to 64'],
    ['--wait', '-1', '0 to 64'],
    ['--tokens', '0', '2 to 100000000'],
    ['--tokens', '1000000000000', '2 to 100000000'],
    ['--tokens', '200000', '100000 at most with --engine actors'],
    ['--seed', '-1', '0 to 2147483647'],
    ['--engine', 'slow', 'actors'],
    ['--mode', 'fast', 'auto'],
  ])('%s %s is refused with its range', async (flag, value, range) => {
    const { code, stdout, stderr } = await run(['simulate', '--json', `${flag}=${value}`]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(flag);
    expect(stderr).toContain(value);
    expect(stderr.replaceAll(',', '')).toContain(range);
  });

  test.each([
    ['none', '--lookahead'],
    ['none', '--wait'],
    ['si', '--wait'],
  ])('in mode %s %s is refused', async (mode, flag) => {
    const { code, stderr } = await run(['simulate', '--mode', mode, flag, '3']);
    expect(stderr).toBe(`slipstream: ${flag} is 3, but must be left out when --mode is ${mode}\n`);
    expect(code).toBe(2);
  });
});
