import { summariseTrace } from '../../infra/trace/summary.js';
import { meanPassMs } from '../../src/app/experiments/measure-run.js';
import type { TraceEvent } from '../../src/core/trace.js';
import { createEngine, type GenerationResult, type RequestMode } from '../../src/index.js';
import { type Breakdown, type Opening, type Peer, TokenTimes } from './peer.js';
import { shareOfIdeal } from './share-of-ideal.js';

/** Names of lookup's workers begin so. */
const LOOKUP_TRACK = 'ngram-';

/** Slipstream as a library user has it: workers, nats-server and all. */
export async function openSlipstream(opening: Extract<Opening, { kind: 'slipstream' }>): Promise<Peer> {
  const { drafter, threads } = opening;
  let events: TraceEvent[] = [];
  const engine = await createEngine({
    model: 'smollm2',
    ...(drafter === undefined ? {} : { drafter }),
    ...(threads === undefined ? {} : { threads, targets: 1 }),
    trace: (event) => void events.push(event),
  });
  return {
    decode: async ({ ids, tokens, mode, lookahead }) => {
      events = [];
      const times = new TokenTimes();
      const generation = await engine.generate({
        promptTokenIds: ids,
        maxTokens: tokens,
        ignoreEndTokens: true,
        seed: 0,
        ...(mode === undefined ? {} : { mode }),
        ...(lookahead === undefined ? {} : { lookahead }),
      });
      for await (const { token } of generation) times.push(token);
      const result = await generation.result;
      const breakdown = breakdownOf(result, events, mode);
      const { accepted, decided } = breakdown;
      return { ...times.finish(), breakdown, ...(decided === 0 ? {} : { accepted, decided }) };
    },
    close: () => engine.close(),
  };
}

function breakdownOf(
  { timings, speculation }: GenerationResult,
  events: readonly TraceEvent[],
  mode: RequestMode | undefined,
): Breakdown {
  const [summary] = summariseTrace(events);
  if (summary === undefined) throw new Error('the engine traced nothing');
  const { passMs, busMs, waitingMs, wastedMs } = summary;
  // Lookup takes no time: c is the model's.
  const passes = events.filter(({ track }) => !track.startsWith(LOOKUP_TRACK));
  const times = { targetMs: meanPassMs(passes, 'pass'), drafterMs: meanPassMs(passes, 'draft') };
  const [accepted, decided] = [timings.draftTokensAccepted, timings.draftTokens];
  const text = {
    ...times,
    msPerToken: timings.predictedMs / (timings.predictedTokens - 1),
    acceptance: decided === 0 ? 0 : accepted / decided,
  };
  const isFixed = mode !== undefined && mode !== 'auto';
  return {
    plannedMode: speculation.plan.mode,
    lookahead: speculation.plan.lookahead,
    accepted,
    decided,
    targetPasses: speculation.targetForwards,
    ...times,
    passMs,
    busMs,
    waitingMs,
    wastedMs,
    ...(isFixed ? { ofIdeal: shareOfIdeal(mode, speculation.plan, text) } : {}),
  };
}
