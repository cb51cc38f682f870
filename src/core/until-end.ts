import type { GenerationEnd, GenerationLog } from './engine.js';

/** How a generation ended, once it has. */
export function untilEnd(log: GenerationLog): Promise<GenerationEnd> {
  return new Promise((resolve) => {
    const look = () => {
      if (log.end === undefined) return;
      stop();
      resolve(log.end);
    };
    const stop = log.watch(look);
    look();
  });
}
