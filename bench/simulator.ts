import { textTable } from '../src/app/text-table.js';
import type { Plan } from '../src/core/generation.js';
import { steadyTiming } from '../src/core/pass-timing.js';
import { simulateLong } from '../src/core/simulator/long-text.js';
import { fixedPlan, type SimulationSettings } from '../src/core/simulator/settings.js';
import { simulate } from '../src/core/simulator/simulate.js';
import { measured } from './lib/measured.js';
import { textSpread } from './lib/text-spread.js';

/**
 * Tokens per second of processor time that the fast simulator simulates, setting by setting: event by event, and of a long
 * text; and, where passes do not vary but drafts do, how closely 5,000 tokens tell the time per token: of a text of
 * independent drafts, and of a typical one. `npx tsx bench/simulator.ts [--json]`.
 */
const TOKENS = 300_000;
const LONG_TOKENS = 1_000_000;

const ACCEPTANCE = 0.8;

const settings: SimulationSettings = {
  mode: 'dsi',
  target: steadyTiming(20.9),
  drafter: steadyTiming(2.1),
  acceptance: { kind: 'independent', rate: ACCEPTANCE },
  targets: 12,
  drafters: 1,
  latencyMs: 0.2,
  promptTokens: 3,
  tokens: TOKENS,
  seed: 1,
};
const plan: Plan = {
  mode: 'dsi',
  lookahead: 1,
  wait: 0,
  ahead: 17,
  leastLikelihood: 0,
  jobTokens: 16,
  placeCosts: [],
  drafters: 1,
  targets: 12,
  reason: 'given',
};

const rows: readonly (readonly [string, SimulationSettings, Plan])[] = [
  ['none', { ...settings, mode: 'none' }, { ...plan, mode: 'none', ahead: 0, jobTokens: 0 }],
  ['si, k 4', { ...settings, mode: 'si' }, { ...plan, mode: 'si', lookahead: 4, ahead: 4, jobTokens: 4 }],
  ['dsi, k 1, SP 12', settings, plan],
  ['dsi, k 4, SP 3', { ...settings, targets: 3 }, { ...plan, lookahead: 4, targets: 3 }],
  ['dsi, k 4, SP 2, w 3', { ...settings, targets: 2 }, { ...plan, lookahead: 4, wait: 3, targets: 2 }],
  ['dsi, k 1, SP 12, jitter .2', { ...settings, target: { ...settings.target, jitter: 0.2 } }, plan],
];

const results = rows.map(([name, setting, planned]) => {
  const detail = timed(TOKENS, () => simulate(setting, fixedPlan(planned)));
  const long = timed(LONG_TOKENS, () =>
    simulateLong({ ...setting, tokens: LONG_TOKENS }, fixedPlan(planned)),
  );
  const onlyDraftsVary = planned.mode !== 'none' && setting.target.jitter === 0;
  const spread = onlyDraftsVary ? textSpread(setting, planned, ACCEPTANCE) : undefined;
  return {
    name,
    tokens_per_second: detail.tokensPerSecond,
    ms_per_token: detail.result.msPerToken,
    long_tokens_per_second: long.tokensPerSecond,
    long_detailed_tokens: long.result.detailedTokens,
    long_ms_per_token: long.result.msPerToken,
    spread,
  };
});

for (const { name, tokens_per_second, long_tokens_per_second } of results) {
  measured(`${name}, event by event`, tokens_per_second / 1e6, 'M tokens per second');
  measured(`${name}, a million tokens`, long_tokens_per_second / 1e6, 'M tokens per second');
}
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(results)}\n`);
else
  process.stdout.write(
    textTable(
      [
        'setting',
        'M tokens/s',
        'ms/token',
        'a million: M/s',
        'ms/token',
        'in detail',
        'random text',
        'typical text',
      ],
      results.map((row) => [
        row.name,
        (row.tokens_per_second / 1e6).toFixed(2),
        row.ms_per_token.toFixed(3),
        (row.long_tokens_per_second / 1e6).toFixed(2),
        row.long_ms_per_token.toFixed(3),
        String(row.long_detailed_tokens),
        percent(row.spread?.random),
        percent(row.spread?.typical),
      ]),
    ),
  );

/** Of the second run: the first one is compiled while it runs. */
function timed<Result>(tokens: number, run: () => Result) {
  run();
  const before = process.cpuUsage();
  const result = run();
  const { user, system } = process.cpuUsage(before);
  return { result, tokensPerSecond: Math.round(tokens / ((user + system) / 1e6)) };
}

function percent(share: number | undefined): string {
  return share === undefined ? '' : `±${(100 * share).toFixed(2)} %`;
}
