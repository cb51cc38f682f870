import { Observable } from 'rxjs';
import type { Bus } from '../src/core/bus.js';
import type { WireMessage } from '../src/core/messages.js';

/**
 * The messages of one subject while subscribed. Delivered in the bus's own callback: no queue, so none to bound.
 */
export function fromSubject(bus: Bus, subject: string): Observable<WireMessage> {
  return new Observable((subscriber) => bus.subscribe(subject, ({ message }) => subscriber.next(message)));
}
