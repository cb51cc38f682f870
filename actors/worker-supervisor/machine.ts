import { assign, setup } from 'xstate';

/** A child process as the supervisor sees it. */
export interface ChildHandle {
  /** Asks it to finish; harmless when it has ended. */
  terminate(): void;
  kill(): void;
}

/** Starts a child; what it says and how it ends comes back through `report`, never synchronously. */
export type LaunchChild = (report: (event: ChildEvent) => void) => ChildHandle;

export type ChildEvent =
  | { readonly type: 'child.ready'; readonly worker: string }
  /** `permanent`: another start would fail for the same reason. */
  | { readonly type: 'child.failed'; readonly reason: string; readonly permanent: boolean }
  | { readonly type: 'child.exited'; readonly reason: string };

export interface WorkerSupervisorInput {
  readonly launch: LaunchChild;
  /** Told when a worker is up, and when it is no more; `isFinal`: it is not started again. */
  readonly onUp: (worker: string) => void;
  readonly onDown: (worker: string | undefined, reason: string, isFinal: boolean) => void;
}

interface Context extends WorkerSupervisorInput {
  readonly child: ChildHandle | undefined;
  readonly worker: string | undefined;
  /** Crashes since it last stayed up. */
  readonly crashes: number;
  /** It was killed because it hung. */
  readonly hung: boolean;
  /** Why the last start did not last. */
  readonly lastError: string | undefined;
}

export type WorkerSupervisorEvent =
  | ChildEvent
  | { readonly type: 'worker.stop' }
  /** It says nothing any more. */
  | { readonly type: 'worker.silent' };

/** Crashes in a row after which a worker is given up. */
const MOST_CRASHES = 5;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 10_000;
/** A worker that stays up this long has recovered. */
const SETTLED_MS = 10_000;
/** The same after it hung: that is noticed only after longer than the other. */
const SETTLED_AFTER_HANGING_MS = 600_000;
/** From the polite signal to the one that cannot be refused: a pass is never interrupted, and lasts at most this long. */
const GRACE_MS = 5_000;

function isHopeless({ crashes }: Context): boolean {
  return crashes >= MOST_CRASHES;
}

function reportDown({ onDown, worker, lastError }: Context, isFinal: boolean): void {
  onDown(worker, lastError ?? 'it ended', isFinal);
}

/** Keeps one worker process up: started again when it dies, given up when it keeps dying. */
export const workerSupervisorMachine = setup({
  types: {
    context: {} as Context,
    input: {} as WorkerSupervisorInput,
    events: {} as WorkerSupervisorEvent,
    output: {} as { readonly lastError: string | undefined },
  },
  guards: {
    isHopeless: ({ context }) => isHopeless(context),
    isPermanent: ({ event }) => event.type === 'child.failed' && event.permanent,
  },
  actions: {
    launch: assign({
      child: ({ context, self }) => context.launch((event) => self.send(event)),
      worker: undefined,
      lastError: undefined,
    }),
    terminate: ({ context }) => context.child?.terminate(),
    kill: ({ context }) => context.child?.kill(),
    noteReady: assign({
      worker: ({ event }) => (event.type === 'child.ready' ? event.worker : undefined),
    }),
    noteError: assign({
      lastError: ({ context, event }) => (event.type === 'child.failed' ? event.reason : context.lastError),
    }),
    noteSilence: assign({ lastError: 'it hung', hung: true }),
    noteExit: assign({
      crashes: ({ context }) => context.crashes + 1,
      lastError: ({ context, event }) =>
        context.lastError ?? (event.type === 'child.exited' ? event.reason : undefined),
    }),
    forgiveCrashes: assign({ crashes: 0, hung: false }),
    reportUp: ({ context }) => {
      if (context.worker !== undefined) context.onUp(context.worker);
    },
    reportDown: ({ context }) => reportDown(context, isHopeless(context)),
    reportEnd: ({ context }) => reportDown(context, true),
  },
  delays: {
    backoff: ({ context }) => Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (context.crashes - 1)),
    settled: ({ context }) => (context.hung ? SETTLED_AFTER_HANGING_MS : SETTLED_MS),
    grace: GRACE_MS,
  },
}).createMachine({
  id: 'worker-supervisor',
  context: ({ input }) => ({
    ...input,
    child: undefined,
    worker: undefined,
    crashes: 0,
    hung: false,
    lastError: undefined,
  }),
  initial: 'starting',
  states: {
    starting: {
      description: 'The process loads its model and tests itself.',
      entry: 'launch',
      on: {
        'child.ready': { target: 'ready', actions: 'noteReady' },
        'child.failed': [
          { guard: 'isPermanent', target: 'failing', actions: 'noteError' },
          { actions: 'noteError' },
        ],
        'child.exited': { target: 'crashed', actions: 'noteExit' },
        'worker.stop': { target: 'stopping' },
      },
    },
    failing: {
      description: 'It said why it can never run, and ends; it is not started again.',
      on: {
        'child.exited': { target: 'stopped', actions: 'reportEnd' },
        'worker.stop': { target: 'stopping' },
      },
    },
    ready: {
      description: 'The worker serves.',
      entry: 'reportUp',
      after: { settled: { actions: 'forgiveCrashes' } },
      on: {
        'child.failed': { actions: 'noteError' },
        'child.exited': { target: 'crashed', actions: 'noteExit' },
        'worker.silent': { actions: ['noteSilence', 'kill'] },
        'worker.stop': { target: 'stopping' },
      },
    },
    crashed: {
      description: 'It ended unasked: whoever uses it is told at once.',
      entry: 'reportDown',
      always: [{ guard: 'isHopeless', target: 'stopped' }, { target: 'backingOff' }],
    },
    backingOff: {
      description: 'Waits longer after each crash in a row.',
      after: { backoff: { target: 'starting' } },
      on: { 'worker.stop': { target: 'stopped' } },
    },
    stopping: {
      description: 'Asked to finish; killed when it does not.',
      entry: 'terminate',
      after: { grace: { actions: 'kill' } },
      on: { 'child.exited': { target: 'stopped' } },
    },
    stopped: { type: 'final', description: 'It is not started again.' },
  },
  output: ({ context }) => ({ lastError: context.lastError }),
});
