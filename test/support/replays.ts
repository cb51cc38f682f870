import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import { createSimModel } from '../../infra/sim/sim-model.js';
import { parseSimModel } from '../../infra/sim/sim-options.js';
import type { LoadedModel } from '../../src/core/model.js';

/**
 * What a replay drafts of a text that is known: every token right, 70 % of them, none, the text's own tokens in another
 * order (right by chance), or nothing at all.
 */
export const REPLAYS = ['right', 'mixed', 'wrong', 'random', 'empty'] as const;
export type Replay = (typeof REPLAYS)[number];

const ACCEPTANCE: Readonly<Record<Replay, number>> = { right: 1, mixed: 0.7, wrong: 0, random: 1, empty: 1 };

/** What an engine calls a drafter that replays. */
export function replayName(replay: Replay): string {
  return `sim:drafter?ms=0.2&acceptance=${ACCEPTANCE[replay]}&replay=${replay}`;
}

/** A drafter that knows one text, and takes no time. */
export function createReplay(replay: Replay, record: readonly number[]): LoadedModel {
  const scheduler = createRealScheduler();
  const name = replayName(replay);
  return createSimModel({
    name,
    options: parseSimModel(name),
    recorded: drafts(replay, record),
    scheduler,
    wait: (_ms, done) => void scheduler.schedule(0, done),
  });
}

function drafts(replay: Replay, record: readonly number[]): readonly number[] {
  if (replay === 'empty') return [];
  // A step that shares no divisor with the length takes each token once, far from its place.
  const step = [61, 67, 71].find((prime) => record.length % prime !== 0) ?? 1;
  return replay === 'random' ? record.map((_, i) => record[(i * step + 7) % record.length] ?? 0) : record;
}
