import { describe, expect, it } from 'vitest';
import { recommend, type SpeedSample, speeds } from '../../../../src/app/cli/bench/speeds.js';
import type { RequestMode } from '../../../../src/core/generation.js';

const plan = {
  mode: 'dsi',
  lookahead: 4,
  wait: 0,
  ahead: 16,
  leastLikelihood: 0,
  jobTokens: 16,
  placeCosts: [],
  drafters: 1,
  targets: 2,
  reason: 'r',
} as const;

function sample(
  drafter: string,
  mode: RequestMode,
  tokensPerSecond: number,
  more: Partial<SpeedSample> = {},
): SpeedSample {
  return {
    drafter,
    mode,
    prompt: 'code',
    round: 0,
    tokensPerSecond,
    firstTokenMs: 10,
    acceptance: mode === 'none' ? undefined : 0.5,
    plan: { ...plan, mode: mode === 'none' ? 'none' : 'dsi' },
    ...more,
  };
}

const rowsOf = (...samples: readonly SpeedSample[]) => speeds(samples);

describe('speeds', () => {
  it('compares with plain decoding of the same prompt in the same round', () => {
    // The machine is half as fast in round 1, and slower on prose.
    const samples = [
      ...[0, 1, 2].flatMap((round) => [
        sample('none', 'none', round === 1 ? 50 : 100, { round }),
        sample('ngram', 'dsi', round === 1 ? 100 : 200, { round, acceptance: 0.8 }),
      ]),
      sample('none', 'none', 40, { prompt: 'prose' }),
      sample('ngram', 'dsi', 20, { prompt: 'prose', acceptance: 0.2, firstTokenMs: 50 }),
    ];
    const [none, dsi] = speeds(samples);
    expect(none).toMatchObject({ mode: 'none', timesPlain: 1, acceptance: undefined });
    expect(dsi?.timesPlain).toBeCloseTo(Math.sqrt(2 * 0.5), 12);
    expect(dsi?.tokensPerSecond).toBeCloseTo(Math.sqrt(200 * 20), 9);
    expect(dsi?.acceptance).toBeCloseTo((3 * 0.8 + 0.2) / 4, 12);
    expect(dsi?.firstTokenMs).toBe(10);
  });

  it('keeps drafters and modes apart', () => {
    const rows = speeds([
      sample('none', 'none', 100),
      sample('ngram', 'dsi', 150),
      sample('small', 'dsi', 200),
      sample('small', 'si', 50),
    ]);
    expect(rows.map(({ drafter, mode, timesPlain }) => [drafter, mode, timesPlain])).toEqual([
      ['none', 'none', 1],
      ['ngram', 'dsi', expect.closeTo(1.5, 9)],
      ['small', 'dsi', expect.closeTo(2, 9)],
      ['small', 'si', expect.closeTo(0.5, 9)],
    ]);
  });
});

describe('what is recommended', () => {
  const plain = sample('none', 'none', 100);

  it('is the largest gain', () => {
    const rows = rowsOf(plain, sample('ngram', 'si', 120), sample('small', 'dsi', 165));
    expect(recommend(rows)).toMatchObject({ drafter: 'small', mode: 'dsi' });
  });

  it('is auto where it is as good', () => {
    const modeWith = (auto: number) =>
      recommend(rowsOf(plain, sample('ngram', 'dsi', 140), sample('ngram', 'auto', auto)))?.mode;
    expect(modeWith(137)).toBe('auto');
    expect(modeWith(130)).toBe('dsi');
  });

  it('is plain decoding where nothing beats it', () => {
    const rows = rowsOf(plain, sample('ngram', 'dsi', 95), sample('ngram', 'auto', 99));
    expect(recommend(rows)).toMatchObject({ drafter: 'none', mode: 'none', timesPlain: 1 });
    expect(recommend([])).toBeUndefined();
  });
});
