import { vi } from 'vitest';
import { type SimTokenSource, simDrafter, simTarget } from '../../../infra/sim/sim-token-source.js';
import { createVirtualCluster } from '../../../src/app/simulation/virtual-cluster.js';
import type { Plan } from '../../../src/core/generation.js';
import type { SequenceOptions } from '../../../src/core/model.js';
import type { PassTiming } from '../../../src/core/pass-timing.js';
import { extendPathHash, type PathHash } from '../../../src/core/path-hash.js';
import { Planner } from '../../../src/core/planner/planner.js';
import { neutralSampler } from '../../../src/core/sampler-parameters.js';
import { type Lines, TEXT } from '../../../src/core/simulator/lines.js';
import type { SimulationResult, SimulationSettings } from '../../../src/core/simulator/settings.js';
import type { DraftTruth } from '../../../src/core/simulator/truth.js';
import { lotOf } from '../../../src/core/target-pool.js';
import type { TraceEvent } from '../../../src/core/trace.js';

/** Settings without a recorded trace: what simulated models can be told. */
export type ActorSettings = SimulationSettings & {
  readonly acceptance: { readonly kind: 'independent' | 'bursts' };
  /** Undefined: the planner's. */
  readonly plan?: Plan;
};

export interface ActorRun {
  readonly result: Omit<SimulationResult, 'steadyMsPerToken'>;
  /** What the clock said when the generation was asked for. */
  readonly startMs: number;
}

/** The production actors in virtual time, with the plan that the settings say. */
export function runActors(settings: ActorSettings, trace?: (event: TraceEvent) => void): ActorRun {
  const { plan, mode, latencyMs } = settings;
  if (plan !== undefined) {
    vi.spyOn(Planner.prototype, 'plan', 'get').mockReturnValue(plan);
    vi.spyOn(Planner.prototype, 'isSearching', 'get').mockReturnValue(false);
  }
  try {
    const cluster = createVirtualCluster({
      target: `sim:target?${timingQuery(settings.target)}`,
      targets: mode === 'dsi' || mode === 'auto' ? settings.targets : 1,
      drafters: new Array(settings.drafters).fill(drafterUrl(settings)),
      faults: { delayMs: latencyMs },
      seed: settings.seed,
      nameWorker: (role, place) => workerNamed(role, place, sequenceOf(settings).generation),
      ...(trace === undefined ? {} : { trace }),
    });
    cluster.runFor(latencyMs);
    const startMs = cluster.scheduler.now();
    const sequence = sequenceOf(settings);
    const generation = cluster.generate({
      id: sequence.generation,
      promptTokenIds: promptOf(settings),
      sampler: sequence.sampler,
      seed: sequence.seed,
      maxTokens: settings.tokens,
      mode,
    });
    cluster.scheduler.run({ until: () => generation.log.end !== undefined, limitMs: 1e8 });
    const { end } = generation.log;
    if (end?.outcome !== 'completed') throw new Error(`the generation ${end?.outcome ?? 'goes on for ever'}`);
    const { timings, speculation } = end.result;
    const result = {
      msPerToken: timings.predictedMs / (settings.tokens - 1),
      timeToFirstTokenMs: timings.promptMs,
      targetForwards: speculation.targetForwards,
      drafterForwards: speculation.drafterForwards,
      rollbacks: speculation.rollbacks,
      accepted: timings.draftTokensAccepted,
      refuted: timings.draftTokens - timings.draftTokensAccepted,
      wastedDrafts: speculation.wastedDrafts,
    };
    return { result, startMs };
  } finally {
    vi.restoreAllMocks();
  }
}

/** Generations begin with another worker each; this one with the first, as the simulator numbers them. */
function workerNamed(role: string, place: number, generation: string): string {
  const first = (place - 1).toString(16).padStart(2, '0');
  for (let attempt = 0; ; attempt++) {
    const name = `${role}-${place}-${attempt}`;
    if (lotOf(generation, name).startsWith(first)) return name;
  }
}

/** Which drafts the simulated drafter of `runActors` has right, after every path that it may ever be on. */
export function actorTruth(settings: ActorSettings): DraftTruth {
  const options = sequenceOf(settings);
  const { acceptance } = settings;
  const burst = acceptance.kind === 'bursts' ? acceptance.length : 1;
  const target = simTarget(options);
  const paths = new LinePaths(target, promptOf(settings));
  const drafter = simDrafter(options, { acceptance: acceptance.rate, burst });
  paths.drafter = drafter;
  return {
    isRight: (lines, line, length) => {
      const path = paths.hashAt(lines, line, length);
      return drafter.next(path, length) === target.next(path, length);
    },
  };
}

/** The hashes of simulated paths, named by line and length. */
class LinePaths {
  drafter: SimTokenSource | undefined;
  private readonly lines = new Map<string, PathHash[]>();

  constructor(
    private readonly target: SimTokenSource,
    prompt: readonly number[],
  ) {
    let hash = target.root;
    const text = [hash];
    for (const token of prompt) {
      hash = extendPathHash(hash, token);
      text.push(hash);
    }
    this.lines.set('', text);
  }

  hashAt(lines: Lines, line: number, length: number): PathHash {
    const known = this.pathOf(lines, line);
    for (let at = known.length; at <= length; at++) {
      const before = known[at - 1] as PathHash;
      known.push(extendPathHash(before, this.target.next(before, at - 1) as number));
    }
    return known[length] as PathHash;
  }

  /** Slots of lines are used again: a line is named by where it left the others. */
  private pathOf(lines: Lines, line: number): PathHash[] {
    const name = lineName(lines, line);
    const known = this.lines.get(name);
    if (known !== undefined) return known;
    const fork = lines.forkOf(line);
    const at = this.hashAt(lines, lines.parentOf(line), fork);
    const path: PathHash[] = new Array(fork + 1).fill(at);
    path.push(extendPathHash(at, this.drafter?.next(at, fork) as number));
    this.lines.set(name, path);
    return path;
  }
}

function lineName(lines: Lines, line: number): string {
  return line === TEXT ? '' : `${lineName(lines, lines.parentOf(line))} ${lines.forkOf(line)}`;
}

function drafterUrl({ drafter, acceptance }: ActorSettings): string {
  const burst = acceptance.kind === 'bursts' ? `&burst=${acceptance.length}` : '';
  return `sim:drafter?${timingQuery(drafter)}&acceptance=${acceptance.rate}${burst}`;
}

function timingQuery({ ms, perTokenMs, jitter, stragglers, stragglerFactor }: PassTiming): string {
  return `ms=${ms}&perToken=${perTokenMs}&jitter=${jitter}&stragglers=${stragglers}&slow=${stragglerFactor}`;
}

function promptOf({ promptTokens, seed }: SimulationSettings): number[] {
  return Array.from({ length: promptTokens }, (_, index) => (seed + 7 * index) % 97);
}

function sequenceOf({ seed, promptTokens, tokens }: ActorSettings): SequenceOptions {
  return {
    generation: 'g',
    seed,
    sampler: { ...neutralSampler, temperature: 1, promptLength: promptTokens },
    capacityTokens: promptTokens + tokens,
  };
}
