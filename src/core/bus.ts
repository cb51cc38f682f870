import type { WireMessage } from './messages.js';
import type { Cancel } from './scheduler.js';

export interface Delivery {
  readonly subject: string;
  readonly message: WireMessage;
  /** Answers a request; does nothing for a message that nobody waits on. */
  respond(message: WireMessage): void;
}

export type RequestOutcome =
  | { readonly kind: 'reply'; readonly message: WireMessage }
  /** Nobody subscribes to the subject. */
  | { readonly kind: 'noResponders' }
  | { readonly kind: 'timeout' };

export type BusStatus = 'connected' | 'disconnected' | 'closed';

/**
 * Messages between actors, at most once and in no promised order between two publishers: what is published while
 * disconnected is lost without an error. Nothing is delivered synchronously; a handler that throws loses its
 * message only. A message that does not match its schema is rejected, counted and logged, never delivered.
 */
export interface Bus {
  publish(subject: string, message: WireMessage): void;
  /** `subject` may end in `*` (one word). */
  subscribe(subject: string, handler: (delivery: Delivery) => void): Cancel;
  /** `onOutcome` is called exactly once unless cancelled. */
  request(
    subject: string,
    message: WireMessage,
    timeoutMs: number,
    onOutcome: (outcome: RequestOutcome) => void,
  ): Cancel;
  /** Calls back when all that was published before has left this process (or the connection is down). */
  flush(done: () => void): void;
  readonly status: BusStatus;
  /** Calls back with every change. */
  onStatus(handler: (status: BusStatus) => void): Cancel;
  readonly rejectedMessages: number;
  close(): Promise<void>;
}
