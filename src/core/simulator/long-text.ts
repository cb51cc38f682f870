import { Lines, TEXT } from './lines.js';
import type { PlanSource, SimulationResult, SimulationSettings } from './settings.js';
import { type SimulationRun, startSimulation } from './simulate.js';
import { TextRest } from './text-rest.js';
import { TextSample } from './text-sample.js';
import { draftTruth } from './truth.js';

/** Shorter texts are simulated in detail from beginning to end. */
const FEWEST_TOKENS = 20_000;
const EVENTS_AT_A_TIME = 20_000;
/** Tokens that are counted in the time of an event. */
const TOKENS_PER_EVENT = 20;

export interface LongResult extends SimulationResult {
  /** Tokens that were simulated event by event: those after them were counted. */
  readonly detailedTokens: number;
}

export interface LongRun {
  /** Goes on for so many events at most. True: it has come to its end. */
  advance(events: number): boolean;
  /** Once it has ended. */
  result(): LongResult;
}

/**
 * Millions of tokens a second where drafts are right independently of each other. Such a text consists of segments, from
 * one wrong draft to the next, that are alike: what is before one says nothing of how long it is. So a text is simulated
 * event by event until it is known what segments take by their length; which drafts are right in the rest is drawn as ever,
 * and what its segments take is the mean of those seen (a regenerative simulation, in which the lengths are control
 * variates). Other texts, and short ones, are simulated in detail throughout.
 */
export function startLongSimulation(settings: SimulationSettings, plans: PlanSource): LongRun {
  const { acceptance, seed, promptTokens, tokens, simulatedTokens = tokens } = settings;
  const truth = draftTruth(acceptance, seed, promptTokens);
  if (!hasLikeSegments(settings)) return inDetail(startSimulation(settings, plans, truth), simulatedTokens);
  const lines = new Lines();
  const places = {
    promptTokens,
    steadyFrom: promptTokens + (settings.unsteadyTokens ?? Math.ceil(simulatedTokens / 2)),
    textEnd: promptTokens + simulatedTokens,
  };
  const sample = new TextSample(places, plans, (length) => truth.isRight(lines, TEXT, length - 1));
  const detail = inDetail(startSimulation(settings, plans, truth, 0, undefined, sample), simulatedTokens);
  let rest: TextRest | undefined;
  return {
    advance: (events) => {
      if (rest !== undefined) return rest.advance(events * TOKENS_PER_EVENT);
      if (detail.advance(events)) return true;
      if (sample.isEnough()) rest = new TextRest(sample);
      return false;
    },
    result: () =>
      rest === undefined
        ? detail.result()
        : {
            ...rest.result(detail.result().timeToFirstTokenMs),
            detailedTokens: sample.length - promptTokens,
          },
  };
}

/** The same in one piece. */
export function simulateLong(settings: SimulationSettings, plans: PlanSource): LongResult {
  const run = startLongSimulation(settings, plans);
  while (!run.advance(EVENTS_AT_A_TIME));
  return run.result();
}

function hasLikeSegments(settings: SimulationSettings): boolean {
  const { acceptance, tokens, simulatedTokens = tokens, target, drafter } = settings;
  const isSteady = target.drift === 1 && drafter.drift === 1;
  return acceptance.kind === 'independent' && isSteady && simulatedTokens >= FEWEST_TOKENS;
}

function inDetail(run: SimulationRun, tokens: number): LongRun {
  return {
    advance: (events) => run.advance(events),
    result: () => ({ ...run.result(), detailedTokens: tokens }),
  };
}
