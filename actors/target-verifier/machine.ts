import { type ActorRefFrom, assign, setup } from 'xstate';
import type { MessageOf } from '../../src/core/messages.js';
import type { LoadedModel } from '../../src/core/model.js';
import type { WorkerPorts } from '../../src/core/ports.js';
import { admissionMachine, type SessionOpenEvent } from '../worker/admission.js';
import { runPasses } from '../worker/run-passes.js';
import { SessionTable } from '../worker/session-table.js';
import { type TargetSession, targetSession, Verification } from './verification.js';

export interface TargetVerifierInput {
  readonly ports: WorkerPorts;
  /** Sessions served at once, at least 1. */
  readonly slots: number;
}

interface Served {
  readonly sessions: SessionTable<TargetSession>;
  readonly verification: Verification;
  readonly admission: ActorRefFrom<typeof admissionMachine>;
}

interface Context extends TargetVerifierInput {
  readonly served: Served | undefined;
  readonly failure: string | undefined;
}

export type TargetVerifierEvent =
  | { readonly type: 'model.loaded'; readonly model: LoadedModel }
  | { readonly type: 'model.failed'; readonly reason: string }
  | SessionOpenEvent
  | MessageOf<'session.close'>
  | MessageOf<'session.renewed'>
  | MessageOf<'job.assigned'>
  /** A session has a prompt to ingest. */
  | { readonly type: 'session.opened' }
  /** A job that waited for drafts may begin. */
  | { readonly type: 'drafts.arrived' }
  /** The last pass that was needed has ended, and its verdicts are on their way. */
  | { readonly type: 'passes.finished' }
  | { readonly type: 'lease.checked' }
  | { readonly type: 'worker.drain' };

/**
 * One model instance that verifies. It is on the hot path of every job, so a job for an idle target takes one
 * transition to its pass and one back: whatever costs time waits until the verdict is out.
 */
export const targetVerifierMachine = setup({
  types: {
    context: {} as Context,
    input: {} as TargetVerifierInput,
    events: {} as TargetVerifierEvent,
  },
  actors: { admission: admissionMachine },
  guards: {
    hasWork: ({ context }) => context.served?.verification.hasWork() ?? false,
    isDrained: ({ context }) => context.served?.admission.getSnapshot().status === 'done',
  },
  actions: {
    serve: assign({
      served: ({ context, event, spawn, self }) => {
        if (event.type !== 'model.loaded') return context.served;
        const { ports, slots } = context;
        const sessions = new SessionTable(event.model, slots, ports, targetSession, {
          opened: () => self.send({ type: 'session.opened' }),
          ended: (session) => {
            verification.forget(session);
            admission.send({ type: 'session.ended' });
          },
        });
        const verification = new Verification(sessions, event.model.info, ports, {
          listen: (generation) =>
            ports.bus.subscribe(ports.subjects.generationProposals(generation), ({ message }) => {
              if (message.type === 'draft.proposed') verification.hear(message);
            }),
          arrived: () => self.send({ type: 'drafts.arrived' }),
        });
        const admission = spawn('admission', {
          id: 'admission',
          input: { workerId: ports.workerId, sessions },
        });
        return { sessions, verification, admission };
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
    enqueueJob: ({ context, event }) => {
      if (event.type === 'job.assigned') context.served?.verification.assign(event);
    },
    runPasses: ({ context: { served, ports }, self }) => {
      const rest = () => {
        // A pass that ran when the worker was stopped ends after it.
        if (self.getSnapshot().status === 'active') self.send({ type: 'passes.finished' });
      };
      if (served === undefined) rest();
      else runPasses(served.verification, { ...ports, blocking: true }, rest);
    },
  },
}).createMachine({
  id: 'target-verifier',
  context: ({ input }) => ({ ...input, served: undefined, failure: undefined }),
  initial: 'loading',
  on: {
    'session.open': { actions: 'admit' },
    'session.renewed': { actions: 'renewSession' },
    'session.close': { actions: 'closeSession' },
    'job.assigned': { actions: 'enqueueJob' },
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
      description: 'Nothing to verify and no prompt to ingest, or drafts are still to come.',
      on: {
        'session.opened': { target: 'verifying' },
        'job.assigned': { target: 'verifying', actions: 'enqueueJob' },
        'drafts.arrived': { target: 'verifying' },
      },
    },
    verifying: {
      description:
        'Pass after pass, open roots and prompts first; what arrives meanwhile is heard between two.',
      entry: 'runPasses',
      on: {
        'passes.finished': [
          { guard: 'hasWork', target: 'verifying', reenter: true },
          { guard: 'isDrained', target: 'closed' },
          { target: 'idle' },
        ],
        'xstate.done.actor.admission': {},
      },
    },
    failed: { type: 'final', description: 'The model could not be loaded.' },
    closed: { type: 'final', description: 'Told to go, and the last session has ended.' },
  },
});
