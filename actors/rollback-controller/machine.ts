import { cancel, raise, setup } from 'xstate';
import type { RequestOutcome } from '../../src/core/bus.js';
import type { GenerationResult } from '../../src/core/generation.js';
import type { MessageOf, WorkerAnnounced } from '../../src/core/messages.js';
import type { ControllerOptions, ControllerPorts, Ending } from './generation-state.js';
import { Speculation } from './speculation.js';

export interface RollbackControllerInput {
  readonly options: ControllerOptions;
  readonly ports: ControllerPorts;
}

interface Context {
  readonly ports: ControllerPorts;
  readonly speculation: Speculation;
}

export type RollbackControllerEvent =
  | MessageOf<'draft.proposed'>
  | MessageOf<'draft.rejected'>
  | MessageOf<'verdict.returned'>
  | MessageOf<'job.ended'>
  | MessageOf<'session.ready'>
  | MessageOf<'generation.cancelled'>
  | { readonly type: 'worker.joined'; readonly announced: WorkerAnnounced }
  | { readonly type: 'worker.lost'; readonly worker: string }
  | { readonly type: 'worker.heard'; readonly worker: string; readonly freeSlots: number }
  | { readonly type: 'session.answered'; readonly worker: string; readonly outcome: RequestOutcome }
  | { readonly type: 'bus.reconnected' }
  /** A drafter that is waited for has become late. */
  | { readonly type: 'drafts.late' }
  /** A moment to look at another plan. */
  | { readonly type: 'plan.due' }
  | { readonly type: 'deadline.checked' }
  | { readonly type: 'sessions.closed' };

export interface RollbackControllerOutput {
  readonly ending: Ending;
  readonly result: GenerationResult;
}

/** How often deadlines, retries and leases are looked at. */
const CHECK_MS = 100;

/** One generation: the only committer of its tokens. */
export const rollbackControllerMachine = setup({
  types: {
    context: {} as Context,
    input: {} as RollbackControllerInput,
    events: {} as RollbackControllerEvent,
    output: {} as RollbackControllerOutput,
  },
  guards: {
    hasEnded: ({ context }) => context.speculation.ending !== undefined,
    hasTarget: ({ context }) => context.speculation.hasTarget,
    rolledBack: ({ context }) => context.speculation.rolledBack,
    hasDrafts: ({ context }) => context.speculation.hasDrafts,
    wasCancelled: ({ context }) => context.speculation.ending?.outcome === 'cancelled',
    hasFailed: ({ context }) => context.speculation.ending?.outcome === 'failed',
  },
  actions: {
    absorb: ({ context, event }) => {
      const { speculation } = context;
      switch (event.type) {
        case 'draft.proposed':
          return speculation.proposed(event);
        case 'draft.rejected':
          return speculation.draftRejected(event);
        case 'verdict.returned':
          return speculation.verdict(event);
        case 'job.ended':
          return speculation.jobEnded(event);
        case 'session.ready':
          return speculation.sessionReady(event);
        case 'session.answered':
          return speculation.sessionAnswered(event.worker, event.outcome);
        case 'worker.joined':
          return speculation.workerJoined(event.announced);
        case 'worker.lost':
          return speculation.workerLost(event.worker);
        case 'worker.heard':
          return speculation.heardOf(event.worker, event.freeSlots);
        case 'bus.reconnected':
          return speculation.reconnected();
        case 'deadline.checked':
          return speculation.tick();
        case 'generation.cancelled':
          return speculation.cancel();
        case 'plan.due':
          return speculation.considerPlan();
        case 'drafts.late':
        case 'sessions.closed':
          return undefined;
      }
    },
    proceed: ({ context }) => context.speculation.proceed(),
    rollBack: ({ context }) => context.speculation.rollBack(),
    closeSessions: ({ context, self }) => {
      context.speculation.close();
      context.ports.bus.flush(() => self.send({ type: 'sessions.closed' }));
    },
    checkLater: raise({ type: 'deadline.checked' }, { delay: CHECK_MS, id: 'check' }),
    stopChecking: cancel('check'),
  },
}).createMachine({
  id: 'rollback-controller',
  context: ({ input, self }) => ({
    ports: input.ports,
    speculation: new Speculation(input.options, input.ports, {
      sessionAnswered: (worker, outcome) => self.send({ type: 'session.answered', worker, outcome }),
      draftsLate: () => self.send({ type: 'drafts.late' }),
      planDue: () => self.send({ type: 'plan.due' }),
    }),
  }),
  initial: 'running',
  states: {
    running: {
      description: 'Tokens are still to be committed: every event is absorbed, then work is handed out.',
      initial: 'opening',
      entry: 'checkLater',
      exit: 'stopChecking',
      always: { guard: 'hasEnded', target: 'finishing' },
      on: {
        'deadline.checked': { actions: ['absorb', 'checkLater', 'proceed'] },
        '*': { actions: ['absorb', 'proceed'] },
      },
      states: {
        opening: {
          description: 'Sessions are being opened; no target has the prompt yet.',
          always: { guard: 'hasTarget', target: 'speculating' },
        },
        speculating: {
          description: 'Drafts come, verdicts come, tokens are committed.',
          always: { guard: 'rolledBack', target: 'rollingBack' },
        },
        rollingBack: {
          description: 'The root left every draft: drafters are sent to it, its own verification goes on.',
          entry: 'rollBack',
          always: [
            { guard: 'rolledBack', target: 'rollingBack', reenter: true },
            { guard: 'hasDrafts', target: 'speculating' },
          ],
        },
      },
    },
    finishing: {
      description: 'Jobs are dropped and sessions closed.',
      entry: 'closeSessions',
      on: {
        'sessions.closed': [
          { guard: 'wasCancelled', target: 'cancelled' },
          { guard: 'hasFailed', target: 'failed' },
          { target: 'completed' },
        ],
      },
    },
    completed: { type: 'final', description: 'The text is whole.' },
    cancelled: { type: 'final', description: 'Somebody asked for the end.' },
    failed: { type: 'final', description: 'No target was left, or two of them disagreed.' },
  },
  output: ({ context }) => {
    const { speculation } = context;
    const { ending } = speculation;
    if (ending === undefined) throw new Error('a generation ended without an ending');
    return { ending, result: speculation.result() };
  },
});
