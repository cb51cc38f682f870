import { ASSUMED, type Setting } from './setting.js';

export const SCENARIO_NAMES = [
  'jitter',
  'stragglers',
  'bursts',
  'latency',
  'drafter',
  'targets',
  'drafters',
  'stages',
  'generations',
] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

/** One assumption, given up step by step. */
export interface Scenario {
  readonly name: ScenarioName;
  readonly title: string;
  readonly xLabel: string;
  readonly xScale: 'linear' | 'log' | 'category';
  readonly points: readonly { readonly x: number | string; readonly setting: Setting }[];
}

export const SCENARIOS: readonly Scenario[] = [
  sweep(
    'jitter',
    'Pass times vary',
    'coefficient of variation',
    'linear',
    [0, 0.1, 0.25, 0.5, 1],
    (jitter) => ({
      jitter,
    }),
  ),
  sweep(
    'stragglers',
    'Some passes take 5 times as long',
    'share of passes',
    'linear',
    [0, 0.01, 0.02, 0.05, 0.1],
    (stragglers) => ({ stragglers }),
  ),
  sweep('bursts', 'Drafts are right in runs', 'positions per run', 'category', [1, 8, 32, 128], (burst) => ({
    burst,
  })),
  sweep(
    'latency',
    'Messages take time',
    'l, ms one way (T = 20 ms, c = 2 ms)',
    'category',
    [0, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20],
    (latencyMs) => ({ latencyMs }),
  ),
  sweep(
    'drafter',
    'Drafters of any speed',
    'c, ms (T = 20 ms, SP = 12)',
    'category',
    [0.5, 1, 2, 4, 7, 10, 15, 20, 30, 40],
    (ms) => ({ drafters: [{ ms, acceptance: 0.8 }] }),
  ),
  sweep(
    'targets',
    'Fewer targets than Eq. 1 asks for',
    'SP (T = 30 ms, c = 2 ms, a = 0.63: 15 needed)',
    'category',
    [1, 2, 3, 4, 6, 8, 12, 16],
    (targets) => ({ targets, targetMs: 30, drafters: [{ ms: 2, acceptance: 0.63 }] }),
  ),
  {
    name: 'drafters',
    title: 'Several drafters on one tree',
    xLabel: 'fast: c = 1.3 ms, a = 0.6; good: c = 5.7 ms, a = 0.85',
    xScale: 'category',
    points: [
      { x: 'fast', setting: { ...ASSUMED, drafters: [drafterOf('fast')] } },
      { x: 'good', setting: { ...ASSUMED, drafters: [drafterOf('good')] } },
      { x: 'both', setting: { ...ASSUMED, drafters: [drafterOf('fast'), drafterOf('good')] } },
      { x: '2 fast', setting: { ...ASSUMED, drafters: [drafterOf('fast'), drafterOf('fast')] } },
      { x: '2 good', setting: { ...ASSUMED, drafters: [drafterOf('good'), drafterOf('good')] } },
    ],
  },
  sweep(
    'stages',
    'One target in pipeline stages',
    'stages (a pass takes T = 20 ms all the same)',
    'category',
    [1, 2, 4, 8, 12],
    (stages) => ({ stages, targets: 1 }),
  ),
  sweep(
    'generations',
    'Generations share 12 targets',
    'generations at the same time',
    'category',
    [1, 2, 4, 8, 16, 32, 64],
    (generations) => ({ generations }),
  ),
];

function drafterOf(kind: 'fast' | 'good'): Setting['drafters'][number] {
  return kind === 'fast' ? { ms: 1.3, acceptance: 0.6 } : { ms: 5.7, acceptance: 0.85 };
}

function sweep(
  name: ScenarioName,
  title: string,
  xLabel: string,
  xScale: Scenario['xScale'],
  values: readonly number[],
  relax: (value: number) => Partial<Setting>,
): Scenario {
  const points = values.map((x) => ({ x, setting: { ...ASSUMED, ...relax(x) } }));
  return { name, title, xLabel, xScale, points };
}
