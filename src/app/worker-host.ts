import { type AnyActorRef, createActor } from 'xstate';
import { drafterMachine } from '../../actors/drafter/machine.js';
import { targetVerifierMachine } from '../../actors/target-verifier/machine.js';
import type { Delivery } from '../core/bus.js';
import type { WireMessage } from '../core/messages.js';
import type { LoadedModel } from '../core/model.js';
import type { WorkerPorts } from '../core/ports.js';
import type { Cancel } from '../core/scheduler.js';
import { type ActorCharts, type ActorInspector, actorOptions } from './actor-options.js';

/** How often a worker announces itself between passes, and looks at its leases. */
const ANNOUNCE_MS = 1000;

export interface WorkerHostOptions {
  readonly role: 'target' | 'drafter';
  readonly model: LoadedModel;
  readonly ports: WorkerPorts;
  /** Sessions served at once. */
  readonly slots: number;
  /** Workers with the same value share processor cores. */
  readonly host: string;
  /** The engine that alone uses it. Default: it is for every engine. */
  readonly owner?: string | undefined;
  /** Whether other processes can hear what it says about generations. Default: yes. */
  readonly audible?: boolean;
  readonly inspect?: ActorInspector | undefined;
  readonly charts?: ActorCharts | undefined;
}

export interface WorkerHost {
  /** Takes no new sessions; calls back when the last has ended. */
  drain(done: () => void): void;
  /** Ends at once: sessions are gone. */
  stop(): void;
}

/** An actor of either role, as the host drives it. */
interface HostedActor {
  accept(delivery: Delivery): void;
  checkLeases(): void;
  freeSlots(): number;
  drain(done: () => void): void;
  stop(): void;
}

/** Puts one worker's actor on the bus: its subjects in, its announcements out. */
export function startWorkerHost(options: WorkerHostOptions): WorkerHost {
  const { ports, role, model } = options;
  const { bus, subjects, scheduler, workerId } = ports;
  const slotFreed = () => announce();
  const actor = role === 'target' ? hostTarget(options, slotFreed) : hostDrafter(options, slotFreed);
  const work = role === 'target' ? subjects.workerJob(workerId) : subjects.workerDraft(workerId);
  const stops: Cancel[] = [
    bus.subscribe(subjects.workerSession(workerId), actor.accept),
    bus.subscribe(work, actor.accept),
  ];
  let state: 'ready' | 'draining' = 'ready';
  let stopTicking: Cancel = () => {};
  const announce = () => {
    bus.publish(subjects.workerStatus(workerId), {
      type: 'worker.announced',
      worker: workerId,
      role,
      state,
      model: model.info.name,
      fingerprint: model.info.fingerprint,
      numerics: model.info.numerics,
      tokenizerHash: model.info.tokenizerHash,
      vocabularySize: model.info.vocabularySize,
      contextTokens: model.info.contextTokens,
      forwardTimes: [...model.info.forwardTimes],
      slots: options.slots,
      freeSlots: actor.freeSlots(),
      host: options.host,
      ...(options.owner !== undefined && { owner: options.owner }),
      audible: options.audible ?? true,
    });
  };
  const tick = () => {
    actor.checkLeases();
    announce();
    stopTicking = scheduler.schedule(ANNOUNCE_MS, tick);
  };
  stops.push(bus.onStatus((status) => status === 'connected' && announce()));
  tick();
  return {
    drain: (done) => {
      state = 'draining';
      announce();
      actor.drain(done);
    },
    stop: () => {
      stopTicking();
      for (const stop of stops.splice(0)) stop();
      actor.stop();
    },
  };
}

function hostTarget(options: WorkerHostOptions, slotFreed: () => void): HostedActor {
  const { ports, slots, model } = options;
  const actor = createActor(targetVerifierMachine, {
    ...actorOptions(ports.scheduler, options.inspect),
    id: ports.workerId,
    input: { ports, slots, slotFreed },
  });
  const freeSlots = () => actor.getSnapshot().context.served?.sessions.freeSlots ?? 0;
  const leaveCharts = enrol(actor, options, freeSlots);
  actor.start();
  actor.send({ type: 'model.loaded', model });
  const accept = ({ message, respond }: Delivery) => {
    if (message.type === 'session.open') actor.send({ type: 'session.open', message, respond });
    else if (message.type === 'job.assigned' || isSessionNote(message)) actor.send(message);
  };
  return {
    accept,
    checkLeases: () => actor.send({ type: 'lease.checked' }),
    freeSlots,
    drain: (done) => {
      actor.subscribe({ complete: done });
      actor.send({ type: 'worker.drain' });
    },
    stop: () => {
      actor.getSnapshot().context.served?.sessions.closeAll();
      actor.stop();
      leaveCharts();
    },
  };
}

function hostDrafter(options: WorkerHostOptions, slotFreed: () => void): HostedActor {
  const { ports, slots, model } = options;
  const actor = createActor(drafterMachine, {
    ...actorOptions(ports.scheduler, options.inspect),
    id: ports.workerId,
    input: { ports, slots, slotFreed },
  });
  const freeSlots = () => actor.getSnapshot().context.served?.sessions.freeSlots ?? 0;
  const leaveCharts = enrol(actor, options, freeSlots);
  actor.start();
  actor.send({ type: 'model.loaded', model });
  const accept = ({ message, respond }: Delivery) => {
    if (message.type === 'session.open') actor.send({ type: 'session.open', message, respond });
    else if (message.type === 'draft.start' || message.type === 'draft.confirmed' || isSessionNote(message)) {
      actor.send(message);
    }
  };
  return {
    accept,
    checkLeases: () => actor.send({ type: 'lease.checked' }),
    freeSlots,
    drain: (done) => {
      actor.subscribe({ complete: done });
      actor.send({ type: 'worker.drain' });
    },
    stop: () => {
      actor.getSnapshot().context.served?.sessions.closeAll();
      actor.stop();
      leaveCharts();
    },
  };
}

function enrol(
  actor: AnyActorRef,
  { charts, role, model, slots }: WorkerHostOptions,
  freeSlots: () => number,
): Cancel {
  const facts = () => ({
    role,
    model: model.info.name,
    sessions: slots - freeSlots(),
    freeSlots: freeSlots(),
  });
  return charts?.enrol(actor, facts) ?? (() => {});
}

function isSessionNote(
  message: WireMessage,
): message is Extract<WireMessage, { type: 'session.close' | 'session.renewed' }> {
  return message.type === 'session.close' || message.type === 'session.renewed';
}
