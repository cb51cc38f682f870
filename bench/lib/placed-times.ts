import { noiseBits, noiseKey } from '../../src/core/noise.js';
import type { PassTiming } from '../../src/core/pass-timing.js';
import type { TimesOf } from '../../src/core/simulator/simulate.js';

/**
 * Pass times as common random numbers: log-normal, drawn by where in the text a pass begins and by nothing else. So two
 * plans on one seed meet the same slow passes, and differ by what they do.
 */
export function placedTimes(target: PassTiming, drafter: PassTiming, seed: number): TimesOf {
  return (role) => {
    const { ms, perTokenMs, jitter } = role === 'target' ? target : drafter;
    const { first, second } = noiseKey(seed, role === 'target' ? 3 : 4);
    const sigma = Math.sqrt(Math.log(1 + jitter ** 2));
    const uniform = (id: number) => ((noiseBits(first, second, id) >>> 0) + 0.5) / 2 ** 32;
    return {
      next(tokens, from) {
        // Box and Muller (1958).
        const normal =
          Math.sqrt(-2 * Math.log(uniform(2 * from))) * Math.cos(2 * Math.PI * uniform(2 * from + 1));
        return (ms + perTokenMs * Math.max(0, tokens - 1)) * Math.exp(sigma * normal - sigma ** 2 / 2);
      },
    };
  };
}
