import { type ActorRefFrom, assign, setup } from 'xstate';
import type { MessageOf } from '../../src/core/messages.js';
import type { LoadedModel } from '../../src/core/model.js';
import type { WorkerPorts } from '../../src/core/ports.js';
import { admissionMachine, type SessionOpenEvent } from '../worker/admission.js';
import { PassLoop } from '../worker/pass-loop.js';
import { SessionTable } from '../worker/session-table.js';
import { type DrafterSession, drafterSession, stopListening } from './drafter-session.js';
import { type DrafterPass, Drafting } from './drafting.js';

export interface DrafterInput {
  readonly ports: WorkerPorts;
  /** Sessions served at once, at least 1. */
  readonly slots: number;
  /** Told when a slot is free that somebody waits for. */
  readonly slotFreed: () => void;
}

interface Served {
  readonly sessions: SessionTable<DrafterSession>;
  readonly drafting: Drafting;
  readonly passes: PassLoop<DrafterPass>;
  readonly admission: ActorRefFrom<typeof admissionMachine>;
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
  /** The last pass that was needed has ended, or another path leads elsewhere; what was drafted is on its way. */
  | { readonly type: 'passes.finished' }
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
    hasRewind: ({ context }) => context.served?.drafting.isInterrupted() ?? false,
    hasWork: ({ context }) => context.served?.drafting.hasWork() ?? false,
    isThrottled: ({ context }) => context.served?.drafting.isThrottled() ?? false,
    isDrained: ({ context }) => context.served?.admission.getSnapshot().status === 'done',
  },
  actions: {
    serve: assign({
      served: ({ context, event, spawn, self }) => {
        if (event.type !== 'model.loaded') return context.served;
        const { ports, slots, slotFreed } = context;
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
          slotFreed,
        });
        const admission = spawn('admission', {
          id: 'admission',
          input: { workerId: ports.workerId, sessions },
        });
        const { info } = event.model;
        const drafting = new Drafting(sessions, info, ports, listen);
        const passes = new PassLoop(drafting, { ...ports, blocking: info.blocking }, () => {
          // A pass that ran when the worker was stopped ends after it.
          if (self.getSnapshot().status === 'active') self.send({ type: 'passes.finished' });
        });
        return { sessions, drafting, passes, admission };
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
    runPasses: ({ context }) => context.served?.passes.run(),
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
        'Pass after pass, for the session with the least lead; what arrives meanwhile is taken up between two.',
      entry: 'runPasses',
      on: {
        'passes.finished': [
          { guard: 'hasRewind', target: 'rewinding' },
          { guard: 'hasWork', target: 'drafting', reenter: true },
          { guard: 'isThrottled', target: 'throttled' },
          { guard: 'isDrained', target: 'closed' },
          { target: 'idle' },
        ],
        'xstate.done.actor.admission': {},
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
