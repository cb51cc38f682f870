import { InvalidOptionError } from '../../src/core/errors.js';
import { type PassTiming, STRAGGLER_FACTOR } from '../../src/core/pass-timing.js';

/** A simulated model as its URL describes it: `sim:target?ms=20`, `sim:drafter?ms=2&acceptance=0.8&replay=FILE`. */
export interface SimOptions {
  readonly role: 'target' | 'drafter';
  readonly timing: PassTiming;
  /** The pass over a sequence's first tokens (with a prompt, TTFT), milliseconds. Default: as any other. */
  readonly firstMs: number | undefined;
  /** Share of right drafts, 0..1. Default 0.8. Drafters only. */
  readonly acceptance: number;
  /**
   * Drafts are right or wrong in runs: positions per block, 1..10000; 1: independent of each other. A block is good with
   * probability `acceptance`; what is right in it, see `acceptanceInBlock`. Drafters only.
   */
  readonly burst: number;
  /** File that says at which positions drafts are right, as `experiment acceptance --out` writes it. Drafters only. */
  readonly trace: string | undefined;
  /** File with the token ids to draft from, as `generate --json` prints them. Drafters only. */
  readonly replay: string | undefined;
  /** Most tokens of a sequence, 16..1000000. Default 65536. */
  readonly contextTokens: number;
}

const COMMON = ['ms', 'first', 'perToken', 'jitter', 'stragglers', 'slow', 'drift', 'context'];
const DRAFTER_ONLY = ['acceptance', 'burst', 'trace', 'replay'];
/** Where drafts are right is said in one way: with the first of these the others would have no effect. */
const WITHOUT: Readonly<Record<string, readonly string[]>> = {
  trace: ['acceptance', 'burst', 'replay'],
  replay: ['burst'],
};

/** Throws InvalidOptionError naming the parameter of `field`, the value and what it may be. */
export function parseSimModel(name: string, field = 'model'): SimOptions {
  const [, kind = '', query = ''] = /^sim:([a-z]*)(?:\?(.*))?$/.exec(name) ?? [];
  if (kind !== 'target' && kind !== 'drafter') {
    throw new InvalidOptionError(field, name, 'sim:target or sim:drafter, with ?ms=20 and so on');
  }
  const parameters = new URLSearchParams(query);
  const known = [...COMMON, ...(kind === 'drafter' ? DRAFTER_ONLY : [])];
  for (const key of parameters.keys()) {
    if (!known.includes(key))
      throw new InvalidOptionError(`${field} parameter`, key, `one of ${known.join(', ')}`);
  }
  for (const [given, others] of Object.entries(WITHOUT))
    for (const other of others)
      if (parameters.has(given) && parameters.has(other))
        throw new InvalidOptionError(`${field} parameter ${other}`, name, `left out when ${given} is given`);
  const number = (key: string, fallback: number, low: number, high: number) =>
    numberOf(parameters, `${field} parameter ${key}`, key, fallback, low, high);
  return {
    role: kind,
    timing: {
      ms: number('ms', kind === 'target' ? 20 : 2, 0, 60_000),
      perTokenMs: number('perToken', 0, 0, 1000),
      jitter: number('jitter', 0, 0, 2),
      stragglers: number('stragglers', 0, 0, 1),
      stragglerFactor: number('slow', STRAGGLER_FACTOR, 1, 100),
      drift: number('drift', 1, 0.1, 10),
    },
    firstMs: parameters.has('first') ? number('first', 0, 0, 60_000) : undefined,
    acceptance: number('acceptance', 0.8, 0, 1),
    burst: number('burst', 1, 1, 10_000),
    trace: parameters.get('trace') ?? undefined,
    replay: parameters.get('replay') ?? undefined,
    contextTokens: number('context', 65_536, 16, 1_000_000),
  };
}

function numberOf(
  parameters: URLSearchParams,
  field: string,
  key: string,
  fallback: number,
  low: number,
  high: number,
): number {
  const text = parameters.get(key);
  if (text === null) return fallback;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= low && value <= high)) {
    throw new InvalidOptionError(field, text, `a number from ${low} to ${high}`);
  }
  return value;
}
