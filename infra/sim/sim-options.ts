import { InvalidOptionError } from '../../src/core/errors.js';

/** A simulated model as its URL describes it: `sim:target?ms=20`, `sim:drafter?ms=2&acceptance=0.8&replay=FILE`. */
export interface SimOptions {
  readonly role: 'target' | 'drafter';
  /** Milliseconds of one pass, 0..60000. Default 20 (target), 2 (drafter). */
  readonly ms: number;
  /** Share of right drafts, 0..1. Default 0.8. Drafters only. */
  readonly acceptance: number;
  /** File with the token ids to draft from, as `generate --json` prints them. Drafters only. */
  readonly replay: string | undefined;
  /** Most tokens of a sequence, 16..1000000. Default 65536. */
  readonly contextTokens: number;
}

export function parseSimModel(name: string): SimOptions {
  const [, kind = '', query = ''] = /^sim:([a-z]*)(?:\?(.*))?$/.exec(name) ?? [];
  if (kind !== 'target' && kind !== 'drafter') {
    throw new InvalidOptionError('model', name, 'sim:target or sim:drafter, with ?ms=20 and so on');
  }
  const parameters = new URLSearchParams(query);
  const drafterOnly = ['acceptance', 'replay'];
  const known = ['ms', 'context', ...(kind === 'drafter' ? drafterOnly : [])];
  for (const key of parameters.keys()) {
    if (!known.includes(key))
      throw new InvalidOptionError(`model parameter ${key}`, name, `one of ${known.join(', ')}`);
  }
  return {
    role: kind,
    ms: numberOf(parameters, 'ms', kind === 'target' ? 20 : 2, 0, 60_000),
    acceptance: numberOf(parameters, 'acceptance', 0.8, 0, 1),
    replay: parameters.get('replay') ?? undefined,
    contextTokens: numberOf(parameters, 'context', 65_536, 16, 1_000_000),
  };
}

function numberOf(
  parameters: URLSearchParams,
  key: string,
  fallback: number,
  low: number,
  high: number,
): number {
  const text = parameters.get(key);
  if (text === null) return fallback;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= low && value <= high)) {
    throw new InvalidOptionError(`model parameter ${key}`, text, `a number from ${low} to ${high}`);
  }
  return value;
}
