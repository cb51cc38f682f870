import { InvalidOptionError } from '../../src/core/errors.js';

/** What one gateway grants. Every field has a default; ranges are those of `RANGES`. */
export interface GatewayLimits {
  /** Open WebSockets and completions over HTTP per process. Default 1024. */
  readonly connections: number;
  /** Of those, open at `/v1/inspect`: each is told of everything that happens. Default 32. */
  readonly viewers: number;
  /** Generations that one WebSocket creates or follows at a time. Default 16. */
  readonly generationsPerSocket: number;
  /** Frames a client may send per second, pings included; twice as many in a burst. Default 50. */
  readonly framesPerSecond: number;
  /** Longest message or HTTP body a client may send. Default 256 KiB. */
  readonly maxPayloadBytes: number;
  /** Unsent bytes above which no more tokens are pulled for a socket. Default 256 KiB. */
  readonly pauseBytes: number;
  /** Unsent bytes above which a socket is cut. Default 1 MiB. */
  readonly cutBytes: number;
  /** A socket, or an answer over HTTP, is cut when it has taken nothing for this long while something waits. Default 10 s. */
  readonly stallMs: number;
  /** Between two pings; a peer that was silent for the whole interval is dead. Default 20 s. */
  readonly pingMs: number;
  /** A generation that nobody follows is cancelled after this. Default 60 s. */
  readonly leaseMs: number;
  /** How long a drain lets running generations finish. Default 30 s. */
  readonly drainMs: number;
  /** A connection must have sent its request's headers by then. Default 5 s. */
  readonly headersTimeoutMs: number;
}

const MEBIBYTE = 1024 * 1024;

/** Default, least and most of each limit. */
const RANGES: Readonly<Record<keyof GatewayLimits, readonly [number, number, number]>> = {
  connections: [1024, 1, 65_536],
  viewers: [32, 1, 1024],
  generationsPerSocket: [16, 1, 1024],
  framesPerSecond: [50, 1, 100_000],
  maxPayloadBytes: [MEBIBYTE / 4, 1024, 16 * MEBIBYTE],
  pauseBytes: [MEBIBYTE / 4, 1024, 64 * MEBIBYTE],
  cutBytes: [MEBIBYTE, 1024, 256 * MEBIBYTE],
  stallMs: [10_000, 100, 600_000],
  pingMs: [20_000, 100, 600_000],
  leaseMs: [60_000, 0, 3_600_000],
  drainMs: [30_000, 0, 3_600_000],
  headersTimeoutMs: [5000, 100, 600_000],
};

/** Fills the defaults in. Throws InvalidOptionError for a limit that is not a whole number in its range. */
export function compileLimits(limits: Partial<GatewayLimits> = {}): GatewayLimits {
  const compiled = Object.fromEntries(
    Object.entries(RANGES).map(([name, [byDefault, least, most]]) => {
      const value = limits[name as keyof GatewayLimits] ?? byDefault;
      if (!Number.isInteger(value) || value < least || value > most)
        throw new InvalidOptionError(`limits.${name}`, value, `a whole number from ${least} to ${most}`);
      return [name, value];
    }),
  ) as Readonly<Record<keyof GatewayLimits, number>>;
  if (compiled.cutBytes <= compiled.pauseBytes)
    throw new InvalidOptionError(
      'limits.cutBytes',
      compiled.cutBytes,
      `more than limits.pauseBytes (${compiled.pauseBytes})`,
    );
  return Object.freeze(compiled);
}
