import { setup } from 'xstate';
import type { Delivery } from '../../src/core/bus.js';
import type { SessionGranted, SessionOpen, SessionRefused } from '../../src/core/messages.js';

/** The sessions of a worker, as far as admission needs to know them. */
export interface Admissible {
  readonly size: number;
  /** Opens a session, or answers for the one that is open. */
  open(message: SessionOpen): SessionGranted | SessionRefused;
}

export interface AdmissionInput {
  readonly workerId: string;
  readonly sessions: Admissible;
}

/** `session.open` as an actor takes it: the message, and how to answer it. */
export interface SessionOpenEvent {
  readonly type: 'session.open';
  readonly message: SessionOpen;
  readonly respond: Delivery['respond'];
}

export type AdmissionEvent =
  | SessionOpenEvent
  /** A session is no more. */
  | { readonly type: 'session.ended' }
  | { readonly type: 'worker.drain' };

/** Whom a worker admits, whatever its role: a child of the worker's own actor, which ends when this one does. */
export const admissionMachine = setup({
  types: {
    context: {} as AdmissionInput,
    input: {} as AdmissionInput,
    events: {} as AdmissionEvent,
  },
  guards: {
    isEmpty: ({ context }) => context.sessions.size === 0,
  },
  actions: {
    openSession: ({ context, event }) => {
      if (event.type === 'session.open') event.respond(context.sessions.open(event.message));
    },
    refuseSession: ({ context, event }) => {
      if (event.type === 'session.open') event.respond(refusal(event.message, context.workerId));
    },
  },
}).createMachine({
  id: 'admission',
  context: ({ input }) => input,
  initial: 'open',
  states: {
    open: {
      description: 'Sessions are granted while slots are free.',
      on: {
        'session.open': { actions: 'openSession' },
        'worker.drain': { target: 'draining' },
      },
    },
    draining: {
      description: 'No new sessions; ends when the last one does.',
      always: { guard: 'isEmpty', target: 'closed' },
      on: { 'session.open': { actions: 'refuseSession' }, 'session.ended': {} },
    },
    closed: { type: 'final', description: 'The last session has ended; the worker may go.' },
  },
});

function refusal(message: SessionOpen, worker: string): SessionRefused {
  return {
    type: 'session.refused',
    generation: message.generation,
    worker,
    code: 'draining',
    reason: 'the worker is draining',
  };
}
