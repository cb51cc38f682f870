import { type ActorRefFrom, assign, setup } from 'xstate';
import type { MessageOf } from '../../src/core/messages.js';
import type { LoadedModel } from '../../src/core/model.js';
import type { WorkerPorts } from '../../src/core/ports.js';
import { admissionMachine, type SessionOpenEvent } from '../worker/admission.js';
import { PassLoop } from '../worker/pass-loop.js';
import { SessionTable } from '../worker/session-table.js';
import { type TargetSession, targetSession, Verification, type VerifierPass } from './verification.js';

export interface TargetVerifierInput {
  readonly ports: WorkerPorts;
  /** Sessions served at once, at least 1. */
  readonly slots: number;
  /** Told when a slot is free that somebody waits for. */
  readonly slotFreed: () => void;
}

interface Served {
  readonly sessions: SessionTable<TargetSession>;
  readonly verification: Verification;
  readonly passes: PassLoop<VerifierPass>;
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
  /** Every job is done, and its verdicts are on their way. */
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
    isBusy: ({ context: { served } }) =>
      served !== undefined && (served.passes.isRunning || served.verification.isWaiting()),
    isDrained: ({ context }) => context.served?.admission.getSnapshot().status === 'done',
  },
  actions: {
    serve: assign({
      served: ({ context, event, spawn, self }) => {
        if (event.type !== 'model.loaded') return context.served;
        const { ports, slots, slotFreed } = context;
        const sessions = new SessionTable(event.model, slots, ports, targetSession, {
          opened: () => self.send({ type: 'session.opened' }),
          ended: (session) => {
            verification.forget(session);
            admission.send({ type: 'session.ended' });
          },
          slotFreed,
        });
        const verification = new Verification(sessions, event.model.info, ports, {
          listen: (generation) =>
            ports.bus.subscribe(ports.subjects.generationProposals(generation), ({ message }) => {
              if (message.type === 'draft.proposed') verification.hear(message);
            }),
          arrived: () => passes.run(),
        });
        const passes = new PassLoop(verification, { ...ports, blocking: true }, () => {
          // A pass that ran when the worker was stopped ends after it.
          const isActive = self.getSnapshot().status === 'active';
          if (isActive && !verification.isWaiting()) self.send({ type: 'passes.finished' });
        });
        const admission = spawn('admission', {
          id: 'admission',
          input: { workerId: ports.workerId, sessions },
        });
        return { sessions, verification, passes, admission };
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
    runPasses: ({ context }) => context.served?.passes.run(),
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
      description: 'Nothing to verify and no prompt to ingest.',
      on: {
        'session.opened': { target: 'verifying' },
        'job.assigned': { target: 'verifying', actions: 'enqueueJob' },
      },
    },
    verifying: {
      description:
        'Pass after pass, open roots and prompts first; what arrives meanwhile is heard between two, and drafts that a job needs are waited for.',
      entry: 'runPasses',
      on: {
        'session.opened': { actions: 'runPasses' },
        'job.assigned': { actions: ['enqueueJob', 'runPasses'] },
        'session.close': { actions: ['closeSession', 'runPasses'] },
        'lease.checked': { actions: ['closeLapsedSessions', 'runPasses'] },
        'passes.finished': [
          { guard: 'isBusy' },
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
