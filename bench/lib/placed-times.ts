import { noiseBits, noiseKey } from '../../src/core/noise.js';
import { logDeviation, normalOf, type PassTiming, passMs } from '../../src/core/pass-timing.js';
import type { TimesOf } from '../../src/core/simulator/simulate.js';

/**
 * Pass times as common random numbers: log-normal, drawn by where in the text a pass begins and by nothing else. So two
 * plans on one seed meet the same slow passes, and differ by what they do.
 */
export function placedTimes(target: PassTiming, drafter: PassTiming, seed: number): TimesOf {
  return (role) => {
    const timing = role === 'target' ? target : drafter;
    const { first, second } = noiseKey(seed, role === 'target' ? 3 : 4);
    const sigma = logDeviation(timing.jitter);
    const uniform = (id: number) => ((noiseBits(first, second, id) >>> 0) + 0.5) / 2 ** 32;
    return {
      next(tokens, from) {
        const normal = normalOf(uniform(2 * from), uniform(2 * from + 1));
        return passMs(timing, tokens) * Math.exp(sigma * normal - sigma ** 2 / 2);
      },
    };
  };
}
