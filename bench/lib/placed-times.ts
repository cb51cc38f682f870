import { noiseBits, noiseKey } from '../../src/core/noise.js';
import { logDeviation, normalOf, type PassTiming, passMs } from '../../src/core/pass-timing.js';
import type { TimesOf } from '../../src/core/simulator/simulate.js';

/** More places than a text has. A place may be passed 2,048 times before times come again. */
const PLACES = 2 ** 20;

/**
 * Pass times as common random numbers: log-normal, drawn by where in the text a pass begins and by how many of that role
 * began there before. So two plans on one seed meet much the same slow passes, and differ by what they do; and a pass
 * that is made twice does not take the same time twice, which would say too little of how passes vary.
 */
export function placedTimes(target: PassTiming, drafter: PassTiming, seed: number): TimesOf {
  const passesAt = { target: new Map<number, number>(), drafter: new Map<number, number>() };
  return (role) => {
    const seen = passesAt[role];
    const timing = role === 'target' ? target : drafter;
    const { first, second } = noiseKey(seed, role === 'target' ? 3 : 4);
    const sigma = logDeviation(timing.jitter);
    const uniform = (id: number) => ((noiseBits(first, second, id) >>> 0) + 0.5) / 2 ** 32;
    return {
      next(tokens, from) {
        const before = seen.get(from) ?? 0;
        seen.set(from, before + 1);
        const id = 2 * (from + before * PLACES);
        const normal = normalOf(uniform(id), uniform(id + 1));
        return passMs(timing, tokens) * Math.exp(sigma * normal - sigma ** 2 / 2);
      },
    };
  };
}
