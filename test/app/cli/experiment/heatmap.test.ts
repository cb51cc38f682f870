import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../harness.js';
import { expectRefusal, json } from './harness.js';

describe('experiment heatmap', () => {
  it('shows where SI loses to plain decoding and DSI does not', async () => {
    const map = await json(['heatmap', '--cells', '5', '--targets', '4']);
    expect(map).toMatchObject({ experiment: 'heatmap', settings: { cells: 5, targets: 4 } });
    expect(map.acceptance).toEqual([0, 0.25, 0.5, 0.75, 1]);
    // a = 0.25, c = T / 2: a round of one draft takes 1.5 T and brings 1.25 tokens; DSI takes a c + (1 - a) T.
    expect(map.si_over_none[1][2]).toBeCloseTo(1.25 / 1.5, 3);
    expect(map.dsi_over_none[1][2]).toBeCloseTo(1 / 0.875, 3);
    expect(map.dsi_over_si[1][2]).toBeCloseTo(1.5 / 1.25 / 0.875, 3);
    expect([map.si_lookahead[1][2], map.dsi_lookahead[1][2]]).toEqual([1, 1]);
    expect(map.summary).toMatchObject({ cells: 25, si_slower_than_none: 0.4, dsi_slower_than_none: 0 });
  });

  it.each([
    [['heatmap', '--cells', '1'], '--cells is 1, but must be a whole number from 2 to 1001'],
    [['heatmap', '--out', ''], '--out is "", but must be the name of a folder'],
    [['heatmap', '--targets', '0'], '--targets is 0, but must be a whole number from 1 to 64'],
    [
      ['heatmap', '--most-lookahead', 'x'],
      '--most-lookahead is "x", but must be a whole number from 1 to 1000',
    ],
  ])('refuses %j', async (argv, message) => {
    await expectRefusal(argv, message);
  });
});

describe('every experiment', () => {
  it('writes data, tables and a figure to a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipstream-experiment-'));
    try {
      const out = join(folder, 'new');
      const { code, stdout } = await run(['experiment', 'heatmap', '--cells', '4', '--out', out]);
      expect(code).toBe(0);
      const read = (name: string) => readFileSync(join(out, name), 'utf8');
      expect(read('heatmap.txt')).toBe(stdout);
      expect(JSON.parse(read('heatmap.json')).drafter_latency).toHaveLength(4);
      expect(read('heatmap.svg')).toMatch(/^<svg [\s\S]*DSI over plain decoding/);
      const file = join(out, 'heatmap.txt');
      const failed = await run(['experiment', 'heatmap', '--cells', '4', '--out', file]);
      expect(failed.code).toBe(1);
      expect(failed.stderr).toMatch(`slipstream: cannot write to --out: ${file} is no folder`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
