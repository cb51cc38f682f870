import { assign, setup } from 'xstate';
import type { Delivery } from '../../src/core/bus.js';
import type { MessageOf, SessionOpen } from '../../src/core/messages.js';
import type { ForwardResult, LoadedModel } from '../../src/core/model.js';
import type { WorkerPorts } from '../../src/core/ports.js';
import { refuseDraining, SessionTable } from '../worker/session-table.js';
import { type TargetSession, targetSession, Verification, type VerifierPass } from './verification.js';

export interface TargetVerifierInput {
  readonly ports: WorkerPorts;
  /** Sessions served at once, at least 1. */
  readonly slots: number;
}

interface Served {
  readonly sessions: SessionTable<TargetSession>;
  readonly verification: Verification;
}

interface Context extends TargetVerifierInput {
  readonly served: Served | undefined;
  readonly pass: VerifierPass | undefined;
  readonly failure: string | undefined;
}

export type TargetVerifierEvent =
  | { readonly type: 'model.loaded'; readonly model: LoadedModel }
  | { readonly type: 'model.failed'; readonly reason: string }
  | { readonly type: 'session.open'; readonly message: SessionOpen; readonly respond: Delivery['respond'] }
  | MessageOf<'session.close'>
  | MessageOf<'session.renewed'>
  | MessageOf<'job.assigned'>
  | { readonly type: 'pass.finished'; readonly result: ForwardResult }
  | { readonly type: 'pass.failed'; readonly error: Error }
  | { readonly type: 'turn.elapsed' }
  | { readonly type: 'lease.checked' }
  | { readonly type: 'worker.drain' };

/**
 * One model instance that verifies. Messages only enqueue; between two passes one turn of the event loop lets all
 * that waits be seen. Two regions: what it works on, and whom it admits.
 */
export const targetVerifierMachine = setup({
  types: {
    context: {} as Context,
    input: {} as TargetVerifierInput,
    events: {} as TargetVerifierEvent,
  },
  guards: {
    hasPass: ({ context }) => context.pass !== undefined,
    isEmpty: ({ context }) => (context.served?.sessions.size ?? 0) === 0,
  },
  actions: {
    serve: assign({
      served: ({ context, event }) => {
        if (event.type !== 'model.loaded') return context.served;
        const sessions = new SessionTable(event.model, context.slots, context.ports, targetSession);
        return { sessions, verification: new Verification(sessions, event.model.info, context.ports) };
      },
    }),
    recordFailure: assign({
      failure: ({ event }) => (event.type === 'model.failed' ? event.reason : undefined),
    }),
    openSession: ({ context, event }) => {
      if (event.type !== 'session.open' || context.served === undefined) return;
      event.respond(context.served.sessions.open(event.message));
    },
    refuseSession: ({ context, event }) => {
      if (event.type === 'session.open') event.respond(refuseDraining(event.message, context.ports.workerId));
    },
    renewSession: ({ context, event }) => {
      if (event.type === 'session.renewed') context.served?.sessions.touch(event.generation);
    },
    closeSession: ({ context, event }) => {
      if (event.type === 'session.close') context.served?.sessions.close(event.generation);
    },
    closeLapsedSessions: ({ context }) => context.served?.sessions.closeLapsed(),
    enqueueJob: ({ context, event }) => {
      if (event.type === 'job.assigned') context.served?.verification.assign(event);
    },
    choosePass: assign({ pass: ({ context }) => context.served?.verification.nextPass() }),
    startPass: ({ context, self }) => {
      const { pass } = context;
      if (pass === undefined) return;
      pass.session.sequence.forward(pass.tokens, pass.want, (error, result) => {
        if (result !== undefined) self.send({ type: 'pass.finished', result });
        else self.send({ type: 'pass.failed', error: error ?? new Error('the pass gave no result') });
      });
    },
    finishPass: ({ context, event }) => {
      if (event.type !== 'pass.finished' || context.pass === undefined) return;
      context.served?.verification.finish(context.pass, event.result);
    },
    failPass: ({ context, event }) => {
      if (event.type !== 'pass.failed' || context.pass === undefined) return;
      context.served?.verification.fail(context.pass, event.error);
    },
    /** Everything published reaches the socket, and everything that waits there is seen. */
    yieldTurn: ({ context, self }) => {
      const { bus, scheduler } = context.ports;
      bus.flush(() => scheduler.schedule(0, () => self.send({ type: 'turn.elapsed' })));
    },
  },
}).createMachine({
  id: 'target-verifier',
  context: ({ input }) => ({ ...input, served: undefined, pass: undefined, failure: undefined }),
  type: 'parallel',
  states: {
    admission: {
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
          on: { 'session.open': { actions: 'refuseSession' } },
        },
        closed: { type: 'final', description: 'The last session has ended; the worker may go.' },
      },
    },
    work: {
      initial: 'loading',
      states: {
        loading: {
          description: 'The model is not there yet.',
          on: {
            'model.loaded': { target: 'idle', actions: 'serve' },
            'model.failed': { target: 'failed', actions: 'recordFailure' },
            'worker.drain': { target: 'stopped' },
          },
        },
        idle: {
          description: 'Nothing to verify and no prompt to ingest.',
          on: {
            'session.open': { target: 'verifying' },
            'job.assigned': { target: 'verifying', actions: 'enqueueJob' },
            'session.renewed': { actions: 'renewSession' },
            'session.close': { actions: 'closeSession' },
            'lease.checked': { actions: 'closeLapsedSessions' },
          },
        },
        verifying: {
          description: 'Pass after pass, open roots and prompts first.',
          initial: 'yielding',
          on: {
            'job.assigned': { actions: 'enqueueJob' },
            'session.renewed': { actions: 'renewSession' },
            'session.close': { actions: 'closeSession' },
            'lease.checked': { actions: 'closeLapsedSessions' },
          },
          states: {
            yielding: {
              description: 'One turn of the event loop: messages in, verdicts out.',
              entry: 'yieldTurn',
              on: { 'turn.elapsed': { target: 'choosing' } },
            },
            choosing: {
              description: 'Publishes verdicts that are known already and picks the next pass.',
              entry: 'choosePass',
              always: [{ guard: 'hasPass', target: 'passing' }, { target: '#target-verifier.work.idle' }],
            },
            passing: {
              description: 'A pass is running; jobs wait until it ends.',
              entry: 'startPass',
              on: {
                'pass.finished': { target: 'yielding', actions: 'finishPass' },
                'pass.failed': { target: 'yielding', actions: 'failPass' },
              },
            },
          },
        },
        failed: { type: 'final', description: 'The model could not be loaded.' },
        stopped: { type: 'final', description: 'Told to go before there was a model.' },
      },
    },
  },
});
