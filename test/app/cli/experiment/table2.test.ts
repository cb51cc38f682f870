import { describe, expect, it } from 'vitest';
import type { CliServices } from '../../../../src/app/cli/services.js';
import { createVirtualEngine } from '../../../support/virtual-engine.js';
import { run, type World } from '../harness.js';
import { expectRefusal, json } from './harness.js';

const virtual: World = {
  services: {
    createEngine: (options, { trace }) =>
      Promise.resolve(createVirtualEngine(options, trace === undefined ? {} : { trace })),
  } satisfies Partial<CliServices>,
};

describe('experiment table2', () => {
  const tiny = ['table2', '--rows', 'starcoder-mbpp,vicuna7-alpaca', '--seeds', '1', '--tokens', '20'];

  it('holds every mode against its ideal, which free messages and exact waits reach', async () => {
    const { rows, settings } = await json([...tiny, '--warm-up', '0'], virtual);
    expect(settings).toMatchObject({ seeds: 1, tokens: 20, targets: 7, standby: false });
    expect(rows).toHaveLength(2);
    const [row] = rows;
    expect(row).toMatchObject({ row: 'starcoder-mbpp', target_ms: 21, drafter_ms: 6.8, dsi_lookahead: 1 });
    expect(row.none).toMatchObject({ ms_per_token: 21, share_of_ideal: 1, time_to_first_token_ms: 21 });
    expect(row.si.share_of_ideal).toBeCloseTo(1, 3);
    // The drafter is inside a pass when it is sent elsewhere: T is a little more than 3 c.
    expect(row.dsi.share_of_ideal).toBeGreaterThan(0.85);
    expect(row.dsi_over_si.measured).toBeCloseTo(row.si.ms_per_token / row.dsi.ms_per_token, 3);
    expect(row.dsi_over_si.measured_with_extra_forward).toBeGreaterThanOrEqual(row.dsi_over_si.measured);
    expect(row.dsi_over_si.published_as_quoted).toBe(1.66);
    expect(row.bars).toContainEqual({ name: 'none_share_of_ideal', least: 0.97, value: 1, met: true });
  });

  it('lets the pass over the prompt take longer', async () => {
    const { rows } = await json([...tiny, '--warm-up', '0', '--first-pass', '3'], virtual);
    expect(rows[0].none).toMatchObject({ ms_per_token: 21, time_to_first_token_ms: 63 });
  });

  it('refuses a folder that cannot be written to before it begins', async () => {
    const { code, stderr } = await run(['experiment', ...tiny, '--out', '/dev/null'], {
      services: { createEngine: () => Promise.reject(new Error('it has begun')) },
    });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'slipstream: cannot write to --out: /dev/null is no folder\n',
    });
  });

  it('ends at Ctrl-C with what it started closed', async () => {
    const interrupted = new AbortController();
    interrupted.abort('SIGINT');
    const { code } = await run(['experiment', ...tiny], { ...virtual, interrupted });
    expect(code).toBe(130);
  });

  it.each([
    [
      ['table2', '--rows', 'llama'],
      /^--rows is "llama", but must be some of starcoder-humaneval, .* or vicuna7-alpaca$/,
    ],
    [['table2', '--seeds', '0'], '--seeds is 0, but must be a whole number from 1 to 1000'],
    [['table2', '--tokens', '9'], '--tokens is 9, but must be a whole number from 10 to 10000'],
    [['table2', '--first-pass', '-1'], '--first-pass is -1, but must be a number from 0.1 to 100'],
  ])('refuses %j', async (argv, message) => {
    await expectRefusal(argv, message);
  });
});
