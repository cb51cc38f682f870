import { type ActorRefFrom, assign, setup } from 'xstate';
import type { MessageOf } from '../../src/core/messages.js';
import type { LoadedModel } from '../../src/core/model.js';
import type { WorkerPorts } from '../../src/core/ports.js';
import { admissionMachine, type SessionOpenEvent } from '../worker/admission.js';
import { SessionTable } from '../worker/session-table.js';
import { type DrafterSession, drafterSession, stopListening } from './drafter-session.js';
import { Drafting } from './drafting.js';

export interface DrafterInput {
  readonly ports: WorkerPorts;
  /** Sessions served at once, at least 1. */
  readonly slots: number;
}

interface Served {
  readonly sessions: SessionTable<DrafterSession>;
  readonly drafting: Drafting;
  readonly admission: ActorRefFrom<typeof admissionMachine>;
  readonly blocking: boolean;
}

interface Context extends DrafterInput {
  readonly served: Served | undefined;
  readonly failure: string | undefined;
}

export type DrafterEvent =
  | { readonly type: 'model.loaded'; readonly model: LoadedModel }
  | { readonly type: 'model.failed'; readonly reason: string }
  | SessionOpenEvent
  | MessageOf<'session.close'>
  | MessageOf<'session.renewed'>
  | MessageOf<'draft.start'>
  | MessageOf<'draft.confirmed'>
  /** More of a path is known to be committed, or that it must change. */
  | { readonly type: 'root.moved' }
  /** A session has a prompt to ingest. */
  | { readonly type: 'session.opened' }
  /** A pass has ended, and its drafts are on their way; or none was needed. */
  | { readonly type: 'pass.finished' }
  /** Drafts have reached the socket, and everything that waited there was seen. */
  | { readonly type: 'turn.elapsed' }
  | { readonly type: 'lease.checked' }
  | { readonly type: 'worker.drain' };

/**
 * One model instance (or n-gram index) that drafts ahead and never waits for a verdict, only so as not to run too far
 * ahead. Where it is told to, it listens to the targets itself, so that a refutation turns it round without a hop by way
 * of the controller.
 */
export const drafterMachine = setup({
  types: {
    context: {} as Context,
    input: {} as DrafterInput,
    events: {} as DrafterEvent,
  },
  actors: { admission: admissionMachine },
  guards: {
    hasRewind: ({ context }) => context.served?.drafting.hasRewind() ?? false,
    hasWork: ({ context }) => context.served?.drafting.hasWork() ?? false,
    isThrottled: ({ context }) => context.served?.drafting.isThrottled() ?? false,
    isDrained: ({ context }) => context.served?.admission.getSnapshot().status === 'done',
  },
  actions: {
    serve: assign({
      served: ({ context, event, spawn, self }) => {
        if (event.type !== 'model.loaded') return context.served;
        const { ports, slots } = context;
        const listen = (generation: string) =>
          ports.bus.subscribe(ports.subjects.generationVerdicts(generation), ({ message }) => {
            if (message.type === 'verdict.returned' && drafting.hear(message))
              self.send({ type: 'root.moved' });
          });
        const sessions = new SessionTable(event.model, slots, ports, drafterSession, {
          opened: () => self.send({ type: 'session.opened' }),
          ended: (session) => {
            stopListening(session);
            admission.send({ type: 'session.ended' });
          },
        });
        const admission = spawn('admission', {
          id: 'admission',
          input: { workerId: ports.workerId, sessions },
        });
        const { info } = event.model;
        const drafting = new Drafting(sessions, info, ports, listen);
        return { sessions, drafting, admission, blocking: info.blocking };
      },
    }),
    recordFailure: assign({
      failure: ({ event }) => (event.type === 'model.failed' ? event.reason : undefined),
    }),
    admit: ({ context, event }) => {
      if (event.type === 'session.open' || event.type === 'worker.drain')
        context.served?.admission.send(event);
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
    noteConfirmed: ({ context, event, self }) => {
      if (event.type === 'draft.confirmed' && context.served?.drafting.confirmed(event))
        self.send({ type: 'root.moved' });
    },
    rewindSessions: ({ context }) => context.served?.drafting.rewind(),
    /** What a pass gives is published before anything else is done about it. */
    startPass: ({ context, self }) => {
      const { drafting } = context.served ?? {};
      const pass = drafting?.nextPass();
      if (drafting === undefined || pass === undefined) {
        self.send({ type: 'pass.finished' });
        return;
      }
      pass.session.sequence.forward(pass.tokens, pass.want, (error, result) => {
        if (result !== undefined) drafting.finish(pass, result);
        else drafting.fail(pass, error ?? new Error('the pass gave no result'));
        self.send({ type: 'pass.finished' });
      });
    },
    /** What arrived during a pass waits in the socket until then; needless to flush where a pass takes microseconds. */
    yieldTurn: ({ context, self }) => {
      const { bus, scheduler } = context.ports;
      const elapsed = () => self.send({ type: 'turn.elapsed' });
      if (context.served?.blocking === false) scheduler.schedule(0, elapsed);
      else bus.flush(() => scheduler.schedule(0, elapsed));
    },
  },
}).createMachine({
  id: 'drafter',
  context: ({ input }) => ({ ...input, served: undefined, failure: undefined }),
  initial: 'loading',
  on: {
    'session.open': { actions: 'admit' },
    'session.renewed': { actions: 'renewSession' },
    'session.close': { actions: 'closeSession' },
    'draft.start': { actions: 'noteStart' },
    'draft.confirmed': { actions: 'noteConfirmed' },
    'lease.checked': { actions: 'closeLapsedSessions' },
    'worker.drain': { actions: 'admit' },
    'xstate.done.actor.admission': { target: '.closed' },
  },
  states: {
    loading: {
      description: 'The model is not there yet.',
      on: {
        'model.loaded': { target: 'idle', actions: 'serve' },
        'model.failed': { target: 'failed', actions: 'recordFailure' },
        'worker.drain': { target: 'closed' },
      },
    },
    idle: {
      description: 'No session, or none with a course: everything drafted is exhausted.',
      on: {
        'session.opened': { target: 'drafting' },
        'draft.start': { target: 'rewinding', actions: 'noteStart' },
        'root.moved': { target: 'rewinding' },
      },
    },
    throttled: {
      description: 'Far enough ahead; only a verdict, a rewind or a new prompt brings more.',
      on: {
        'session.opened': { target: 'drafting' },
        'draft.start': { target: 'rewinding', actions: 'noteStart' },
        'root.moved': { target: 'rewinding' },
      },
    },
    drafting: {
      description:
        'A pass is running, for the session with the least lead; whatever arrives is taken up after it.',
      entry: 'startPass',
      on: {
        'pass.finished': [
          { guard: 'hasRewind', target: 'yielding' },
          { guard: 'hasWork', target: 'yielding' },
          { guard: 'isThrottled', target: 'throttled' },
          { guard: 'isDrained', target: 'closed' },
          { target: 'idle' },
        ],
        'xstate.done.actor.admission': {},
      },
    },
    yielding: {
      description: 'One turn of the event loop before the next pass: drafts out, rewinds in.',
      entry: 'yieldTurn',
      on: {
        'turn.elapsed': [{ guard: 'hasRewind', target: 'rewinding' }, { target: 'drafting' }],
      },
    },
    rewinding: {
      description: 'Crops to what the old and the new path share, then drafts on from there.',
      entry: 'rewindSessions',
      always: { target: 'drafting' },
    },
    failed: { type: 'final', description: 'The model could not be loaded.' },
    closed: { type: 'final', description: 'Told to go, and the last session has ended.' },
  },
});
