import { assign, setup } from 'xstate';
import type { Delivery } from '../../src/core/bus.js';
import type { MessageOf, SessionOpen } from '../../src/core/messages.js';
import type { ForwardResult, LoadedModel } from '../../src/core/model.js';
import type { WorkerPorts } from '../../src/core/ports.js';
import { refuseDraining, SessionTable } from '../worker/session-table.js';
import { type DrafterPass, type DrafterSession, Drafting, drafterSession } from './drafting.js';

export interface DrafterInput {
  readonly ports: WorkerPorts;
  /** Sessions served at once, at least 1. */
  readonly slots: number;
}

interface Served {
  readonly sessions: SessionTable<DrafterSession>;
  readonly drafting: Drafting;
  readonly blocking: boolean;
}

interface Context extends DrafterInput {
  readonly served: Served | undefined;
  readonly pass: DrafterPass | undefined;
  readonly failure: string | undefined;
}

export type DrafterEvent =
  | { readonly type: 'model.loaded'; readonly model: LoadedModel }
  | { readonly type: 'model.failed'; readonly reason: string }
  | { readonly type: 'session.open'; readonly message: SessionOpen; readonly respond: Delivery['respond'] }
  | MessageOf<'session.close'>
  | MessageOf<'session.renewed'>
  | MessageOf<'draft.start'>
  | MessageOf<'draft.limit'>
  | { readonly type: 'pass.finished'; readonly result: ForwardResult }
  | { readonly type: 'pass.failed'; readonly error: Error }
  | { readonly type: 'turn.elapsed' }
  | { readonly type: 'lease.checked' }
  | { readonly type: 'worker.drain' };

/** One model instance (or n-gram index) that drafts ahead and never waits for a verdict, only for its limit. */
export const drafterMachine = setup({
  types: {
    context: {} as Context,
    input: {} as DrafterInput,
    events: {} as DrafterEvent,
  },
  guards: {
    hasPass: ({ context }) => context.pass !== undefined,
    hasRewind: ({ context }) => context.served?.drafting.hasRewind() ?? false,
    isThrottled: ({ context }) => context.served?.drafting.isThrottled() ?? false,
    isEmpty: ({ context }) => (context.served?.sessions.size ?? 0) === 0,
  },
  actions: {
    serve: assign({
      served: ({ context, event }) => {
        if (event.type !== 'model.loaded') return context.served;
        const sessions = new SessionTable(event.model, context.slots, context.ports, drafterSession);
        const { info } = event.model;
        return { sessions, drafting: new Drafting(sessions, info, context.ports), blocking: info.blocking };
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
    noteStart: ({ context, event }) => {
      if (event.type === 'draft.start') context.served?.drafting.start(event);
    },
    noteLimit: ({ context, event }) => {
      if (event.type === 'draft.limit') context.served?.drafting.limit(event);
    },
    rewindSessions: ({ context }) => context.served?.drafting.rewind(),
    choosePass: assign({ pass: ({ context }) => context.served?.drafting.nextPass() }),
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
      context.served?.drafting.finish(context.pass, event.result);
    },
    failPass: ({ context, event }) => {
      if (event.type !== 'pass.failed' || context.pass === undefined) return;
      context.served?.drafting.fail(context.pass, event.error);
    },
    /** Drafts reach the socket and a rewind that waits there is seen; needless where a pass takes microseconds. */
    yieldTurn: ({ context, self }) => {
      const { bus, scheduler } = context.ports;
      const elapsed = () => self.send({ type: 'turn.elapsed' });
      if (context.served?.blocking === false) scheduler.schedule(0, elapsed);
      else bus.flush(() => scheduler.schedule(0, elapsed));
    },
  },
}).createMachine({
  id: 'drafter',
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
      on: {
        'session.renewed': { actions: 'renewSession' },
        'session.close': { actions: 'closeSession' },
        'lease.checked': { actions: 'closeLapsedSessions' },
        'draft.limit': { actions: 'noteLimit' },
        'draft.start': { actions: 'noteStart' },
      },
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
          description: 'No session, or none with a course: everything drafted is exhausted.',
          on: {
            'session.open': { target: 'drafting' },
            'draft.start': { target: 'drafting', actions: 'noteStart' },
          },
        },
        throttled: {
          description: 'Far enough ahead; only a moved limit or a rewind brings more.',
          on: {
            'session.open': { target: 'drafting' },
            'draft.start': { target: 'drafting', actions: 'noteStart' },
            'draft.limit': { target: 'drafting', actions: 'noteLimit' },
          },
        },
        drafting: {
          description: 'Pass after pass, for the session with the least lead.',
          initial: 'yielding',
          states: {
            yielding: {
              description: 'One turn of the event loop: drafts out, rewinds in.',
              entry: 'yieldTurn',
              on: {
                'turn.elapsed': [
                  { guard: 'hasRewind', target: '#drafter.work.rewinding' },
                  { target: 'choosing' },
                ],
              },
            },
            choosing: {
              description: 'Picks the session that is drafted for next.',
              entry: 'choosePass',
              always: [
                { guard: 'hasPass', target: 'passing' },
                { guard: 'isThrottled', target: '#drafter.work.throttled' },
                { target: '#drafter.work.idle' },
              ],
            },
            passing: {
              description: 'A pass is running; whatever arrives is taken up after it.',
              entry: 'startPass',
              on: {
                'pass.finished': { target: 'yielding', actions: 'finishPass' },
                'pass.failed': { target: 'yielding', actions: 'failPass' },
              },
            },
          },
        },
        rewinding: {
          description: 'Crops to what the old and the new path share, then drafts on from there.',
          entry: 'rewindSessions',
          always: { target: '#drafter.work.drafting.choosing' },
        },
        failed: { type: 'final', description: 'The model could not be loaded.' },
        stopped: { type: 'final', description: 'Told to go before there was a model.' },
      },
    },
  },
});
