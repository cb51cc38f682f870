import { describe, expect, it } from 'vitest';
import { run } from '../harness.js';
import { expectRefusal, json } from './harness.js';

describe('experiment relaxed', () => {
  const tiny = ['relaxed', '--scenarios', 'stages', '--tokens', '20', '--seeds', '1'];

  it('has every point in every mode, the same for the same seeds', async () => {
    const { scenarios, losses } = await json(tiny);
    expect(scenarios.map(({ name }: { name: string }) => name)).toEqual(['stages']);
    const [{ points }] = scenarios;
    expect(points.map(({ x }: { x: number }) => x)).toEqual([1, 2, 4, 8, 12]);
    for (const mode of ['none', 'si', 'dsi', 'auto']) expect(points[0][mode].ms_per_token).toBeGreaterThan(0);
    expect(points[4].none).toMatchObject({ ms_per_token: 20, speedup_over_none: 1 });
    expect(points[4].dsi.speedup_over_none).toBeGreaterThan(points[0].dsi.speedup_over_none);
    expect(points[4].auto.plans[0].mode).toBe('dsi');
    expect(Array.isArray(losses)).toBe(true);
    // The same seeds give the same numbers.
    const { stdout } = await run(['experiment', ...tiny]);
    expect(stdout).toMatch(/^One target in pipeline stages/);
    for (const { dsi } of points) expect(stdout).toContain(dsi.ms_per_token.toFixed(2));
  });

  it.each([
    [
      ['relaxed', '--scenarios', 'love'],
      /^--scenarios is "love", but must be some of jitter, .* or generations$/,
    ],
    [['relaxed', '--tokens', '1e12'], '--tokens is "1e12", but must be a whole number from 20 to 100000'],
  ])('refuses %j', async (argv, message) => {
    await expectRefusal(argv, message);
  });
});
