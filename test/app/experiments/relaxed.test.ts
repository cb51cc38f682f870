import { describe, expect, it } from 'vitest';
import { runSetting } from '../../../src/app/experiments/relaxed/run-setting.js';
import { ASSUMED } from '../../../src/app/experiments/relaxed/setting.js';

describe('a setting', () => {
  it('tells the throughput of generations that share targets', () => {
    const three = runSetting({ ...ASSUMED, generations: 3 }, 'none', 40, 1);
    expect(three.msPerToken).toBeCloseTo(20, 6);
    expect(three.tokensPerSecond).toBeCloseTo(150, 0);
    const crowded = runSetting({ ...ASSUMED, generations: 3, targets: 1 }, 'none', 40, 1);
    expect(crowded.tokensPerSecond).toBeCloseTo(50, 0);
  });

  it('takes the messages into account', () => {
    const far = runSetting({ ...ASSUMED, latencyMs: 5 }, 'dsi', 60, 1);
    expect(far.msPerToken).toBeGreaterThan(runSetting(ASSUMED, 'dsi', 60, 1).msPerToken);
    expect(far.plan.mode).toBe('dsi');
  });
});
