import type { ChartFact } from '../../src/core/chart-frames.js';
import { shownGeneration } from './shown-generation.js';

/**
 * What of an event or a trace may be shown: ids of workers and generations, places, counts and times. A list of what may
 * be, not of what may not: a field that is added tomorrow stays unseen until somebody says that it tells no token.
 */
const SHOWN = new Set([
  ...['worker', 'job', 'epoch', 'opening', 'outcome', 'code', 'state', 'mode', 'finishReason'],
  ...['from', 'first', 'last', 'position', 'root', 'committedPosition', 'end', 'ahead', 'batch', 'extend'],
  ...['exhausted', 'rests', 'afresh', 'listen', 'done', 'ready', 'permanent', 'drafted'],
  ...['freeSlots', 'tokensIngested', 'awaitDrafts', 'capacityTokens'],
  ...['startedAtMs', 'forwardMs', 'promptMs', 'awaitMs', 'leaseMs'],
]);
/** Lists that are shown as how many they hold. */
const COUNTED = new Set(['ids', 'tokens']);
/** Messages and outcomes that an event carries: shown as part of it. */
const OPENED = new Set(['message', 'announced']);
const LONGEST_TEXT = 128;

/** The facts of an event, its type aside. */
export function shownFacts(event: object): Record<string, ChartFact> {
  const facts: Record<string, ChartFact> = {};
  for (const [key, value] of Object.entries(event)) {
    if (key === 'generation') facts[key] = shownGeneration(String(value));
    else if (SHOWN.has(key) && isFact(value))
      facts[key] = typeof value === 'string' ? value.slice(0, LONGEST_TEXT) : value;
    else if (COUNTED.has(key) && Array.isArray(value)) facts[key] = value.length;
    else if (COUNTED.has(key) && typeof value === 'number') facts[key] = value;
    else if (OPENED.has(key) && typeof value === 'object' && value !== null)
      Object.assign(facts, shownFacts(value));
  }
  return facts;
}

/** JSON has no other numbers. */
function isFact(value: unknown): value is ChartFact {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}
