import { Observable } from 'rxjs';
import type { GenerationLog } from '../src/core/engine.js';
import type { Demand, LogEvent } from '../src/core/log-event.js';

const unlimited: Demand = { ready: () => true, watch: () => () => {} };

/**
 * Reads a generation from behind `after` (-1: from the start): each token once and in order, then the end, then
 * completes. The log is the queue: an event is pulled from it only while `demand` is ready, so a reader that
 * stalls costs one position. A failed generation is an end like any other, not an error of the stream.
 */
export function followLog(
  log: GenerationLog,
  after: number,
  demand: Demand = unlimited,
): Observable<LogEvent> {
  return new Observable((subscriber) => {
    let seq = after + 1;
    let pulling = false;

    const pullOne = (): boolean => {
      const token = log.tokens[seq];
      if (token !== undefined) {
        seq += 1;
        subscriber.next({ type: 'token', token });
        return true;
      }
      if (log.end !== undefined) {
        subscriber.next({ type: 'end', end: log.end });
        subscriber.complete();
      }
      return false;
    };

    const pull = (): void => {
      // A sink may wake us from inside `next`; the loop that is running sees its demand anyway.
      if (pulling) return;
      pulling = true;
      try {
        while (!subscriber.closed && demand.ready() && pullOne());
      } finally {
        pulling = false;
      }
    };

    subscriber.add(log.watch(pull));
    subscriber.add(demand.watch(pull));
    pull();
  });
}
