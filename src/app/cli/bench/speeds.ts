import type { Plan, RequestMode } from '../../../core/generation.js';
import { mean, median } from '../../../core/statistics.js';

/** One generation. */
export interface SpeedSample {
  readonly drafter: string;
  readonly mode: RequestMode;
  readonly prompt: string;
  readonly round: number;
  /** After the first token. */
  readonly tokensPerSecond: number;
  readonly firstTokenMs: number;
  /** Undefined: nothing was drafted. */
  readonly acceptance: number | undefined;
  readonly plan: Plan;
}

/** One way to decode, over all prompts. */
export interface Speed {
  readonly drafter: string;
  readonly mode: RequestMode;
  /** Geometric mean over prompts of the median over rounds. */
  readonly tokensPerSecond: number;
  /** The same of the ratio to plain decoding without a drafter in the same round: what slows both down cancels out. */
  readonly timesPlain: number;
  readonly firstTokenMs: number;
  readonly acceptance: number | undefined;
  /** That of the last generation. */
  readonly plan: Plan;
}

/** `auto` is recommended unless another is faster by more than this: it adapts to texts that were not measured. */
const CLOSE = 0.97;

/** In the order in which drafter and mode first come. */
export function speeds(samples: readonly SpeedSample[]): Speed[] {
  const ways = groups(samples, ({ drafter, mode }) => `${drafter} ${mode}`);
  return ways.map((way) => {
    const [{ drafter, mode }] = way;
    const { plan } = way[way.length - 1] ?? way[0];
    const byPrompt = groups(way, ({ prompt }) => prompt);
    const over = (value: (sample: SpeedSample) => number) =>
      geometricMean(byPrompt.map((same) => median(same.map(value))));
    const accepted = way.flatMap(({ acceptance }) => (acceptance === undefined ? [] : [acceptance]));
    return {
      drafter,
      mode,
      tokensPerSecond: over(({ tokensPerSecond }) => tokensPerSecond),
      timesPlain: over((sample) => sample.tokensPerSecond / plainBeside(sample, samples)),
      firstTokenMs: median(way.map(({ firstTokenMs }) => firstTokenMs)),
      acceptance: accepted.length === 0 ? undefined : mean(accepted),
      plan,
    };
  });
}

/** The largest gain over plain decoding; `auto` where it is as good; plain decoding where nothing gains. */
export function recommend(rows: readonly Speed[]): Speed | undefined {
  const byGain = [...rows].sort((a, b) => b.timesPlain - a.timesPlain);
  const [best] = byGain;
  if (best === undefined || best.timesPlain <= 1) return rows.find(({ mode }) => mode === 'none') ?? best;
  const auto = byGain.find(({ mode }) => mode === 'auto');
  return auto !== undefined && auto.timesPlain >= Math.max(1, CLOSE * best.timesPlain) ? auto : best;
}

function plainBeside(sample: SpeedSample, samples: readonly SpeedSample[]): number {
  const plain = samples.find(
    ({ mode, prompt, round }) => mode === 'none' && prompt === sample.prompt && round === sample.round,
  );
  return plain?.tokensPerSecond ?? Number.NaN;
}

function groups<Item>(items: readonly Item[], keyOf: (item: Item) => string): [Item, ...Item[]][] {
  const found = new Map<string, [Item, ...Item[]]>();
  for (const item of items) {
    const group = found.get(keyOf(item));
    if (group === undefined) found.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...found.values()];
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(mean(values.map(Math.log)));
}
