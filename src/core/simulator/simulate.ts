import { PassTimes } from '../pass-timing.js';
import { createSeededRandom } from '../seeded-random.js';
import { Agenda } from './agenda.js';
import { type CommitWatch, Controller } from './controller.js';
import { Drafter } from './drafter.js';
import { Lines } from './lines.js';
import type { SimulatedMessage } from './messages.js';
import { OverheardDrafts } from './overheard-drafts.js';
import type { PlanSource, SimulationResult, SimulationSettings } from './settings.js';
import { Target } from './target.js';
import { type DraftTruth, draftTruth } from './truth.js';
import { Wire } from './wire.js';
import type { WorkerTimes } from './worker-times.js';
import { WAKE, WAKE_WORKER, type World } from './world.js';

/** A power of two; several times as far as drafts run ahead: jobs and drafts of before a rollback reach further. */
const REACH_TOKENS = 2048;

/**
 * What the production actors take for one generation in virtual time, by the same decisions on paths without tokens:
 * nothing but numbers, so some hundred thousand tokens a second. The same settings always give the same result. Of long
 * texts see `simulateLong`.
 */
export function simulate(settings: SimulationSettings, plans: PlanSource): SimulationResult {
  const { acceptance, seed, promptTokens } = settings;
  return simulateWith(settings, plans, draftTruth(acceptance, seed, promptTokens));
}

/** Where the times of passes come from; workers are numbered, the targets first. */
export type TimesOf = (role: 'target' | 'drafter', worker: number) => WorkerTimes;

/**
 * The same with drafts whose rightness is decided elsewhere, on a clock that says `startMs` at the beginning; pass times
 * are drawn as the virtual cluster draws them, unless something else is said.
 */
export function simulateWith(
  settings: SimulationSettings,
  plans: PlanSource,
  truth: DraftTruth,
  startMs = 0,
  timesOf = drawnTimes(settings),
): SimulationResult {
  const run = startSimulation(settings, plans, truth, startMs, timesOf);
  run.advance(Number.POSITIVE_INFINITY);
  return run.result();
}

/** A simulation that is made bit by bit. */
export interface SimulationRun {
  /** Goes on for so many events at most. True: it has come to its end. */
  advance(events: number): boolean;
  /** Once it has ended. */
  result(): SimulationResult;
}

export function startSimulation(
  settings: SimulationSettings,
  plans: PlanSource,
  truth: DraftTruth,
  startMs = 0,
  timesOf = drawnTimes(settings),
  watch?: CommitWatch,
): SimulationRun {
  const { mode, promptTokens } = settings;
  const crew = {
    targets: mode === 'dsi' || mode === 'auto' ? settings.targets : 1,
    drafters: mode === 'none' ? 0 : settings.drafters,
  };
  const agenda = new Agenda<SimulatedMessage>(settings.latencyMs, startMs);
  const lines = new Lines();
  const world: World = {
    agenda,
    wire: new Wire(agenda, crew.drafters),
    overheard: new OverheardDrafts(lines, crew.targets),
    lines,
    truth,
    promptTokens,
    reach: REACH_TOKENS,
  };
  const controller = new Controller(world, settings, plans, crew, watch);
  const targets = Array.from(
    { length: crew.targets },
    (_, index) => new Target(world, index, timesOf('target', index)),
  );
  const draftEnd = promptTokens + settings.tokens - 1;
  const drafters = Array.from(
    { length: crew.drafters },
    (_, index) => new Drafter(world, index, timesOf('drafter', crew.targets + index), draftEnd),
  );
  openSessions(world, targets.length, drafters.length);
  controller.open();
  return { advance, result: () => controller.result() };

  function advance(events: number): boolean {
    for (let event = 0; event < events; event++) {
      if (controller.hasEnded || !agenda.next()) return true;
      const { message, wake } = agenda;
      if (message === undefined) wakeUp(wake);
      else deliver(message);
    }
    return false;
  }

  function deliver(message: SimulatedMessage): void {
    switch (message.kind) {
      case 'job.assigned':
        targets[message.target]?.assigned(message);
        break;
      case 'job.patienceEnded':
        targets[message.target]?.patienceEnded(message.job);
        break;
      case 'draft.proposed':
        controller.take(message);
        world.overheard.add(message);
        for (const target of targets) target.heard();
        break;
      case 'draft.start':
        drafters[message.drafter]?.started(message);
        break;
      case 'draft.confirmed':
        drafters[message.drafter]?.confirmed(message);
        break;
      case 'verdict.overheard':
        drafters[message.drafter]?.heardVerdict(message);
        break;
      case 'session.opened':
        (message.role === 'target' ? targets : drafters)[message.worker]?.opened();
        break;
      default:
        controller.take(message);
    }
  }

  function wakeUp(code: number): void {
    const worker = code & WAKE_WORKER;
    switch (code - worker) {
      case WAKE.targetPassEnded:
        targets[worker]?.passEnded();
        break;
      case WAKE.targetFlushed:
        agenda.soon(WAKE.targetTurnElapsed + worker);
        break;
      case WAKE.targetTurnElapsed:
        targets[worker]?.turnElapsed();
        break;
      case WAKE.drafterPassEnded:
        drafters[worker]?.passEnded();
        break;
      case WAKE.drafterFlushed:
        agenda.soon(WAKE.drafterTurnElapsed + worker);
        break;
      case WAKE.drafterTurnElapsed:
        drafters[worker]?.turnElapsed();
        break;
      case WAKE.draftsLate:
        controller.draftsLate();
        break;
      case WAKE.sessionsGranted:
        controller.sessionsGranted();
        break;
      case WAKE.planDue:
        controller.planDue();
        break;
      default:
        controller.deadlineChecked();
    }
  }
}

function openSessions({ wire }: World, targets: number, drafters: number): void {
  for (let worker = 0; worker < targets; worker++)
    wire.send({ kind: 'session.opened', role: 'target', worker });
  for (let worker = 0; worker < drafters; worker++)
    wire.send({ kind: 'session.opened', role: 'drafter', worker });
}

/** Pass times drawn with random numbers that are seeded as the virtual cluster seeds them. */
function drawnTimes({ target, drafter, seed }: SimulationSettings): TimesOf {
  return (role, worker) =>
    new PassTimes(role === 'target' ? target : drafter, createSeededRandom(seed * 1000 + worker));
}
