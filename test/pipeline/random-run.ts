import { isDeepStrictEqual } from 'node:util';
import type { MemoryEndpoint } from '../../infra/bus-memory/memory-endpoint.js';
import { SIM_WORDS } from '../../infra/sim/words.js';
import type { EquipWorker } from '../../src/app/simulation/virtual-worker.js';
import type { LoggedLogprobs } from '../../src/core/engine.js';
import type { CompiledRequest, RequestMode } from '../../src/core/generation.js';
import { silentLogger } from '../../src/core/logger.js';
import type { TokenLogprobs } from '../../src/core/logprobs.js';
import { neutralSampler } from '../../src/core/sampler-parameters.js';
import { createSeededRandom } from '../../src/core/seeded-random.js';
import type { TokenPath } from '../../src/core/token-path.js';
import { NO_MEMORY, withFailingPasses } from '../support/failing-passes.js';
import { withInvalidLogits } from '../support/invalid-logits.js';
import { simVerdicts } from '../support/sim-reference.js';
import {
  createVirtualCluster,
  tokensOf,
  type VirtualCluster,
  type VirtualGeneration,
} from '../support/virtual-cluster.js';
import { pathOf } from '../support/worker-bench.js';
import { type EventLog, recordEvents } from './event-log.js';

/** What happened in a run, so that a test can tell that it was about something. */
export interface RunSummary {
  /** How each generation ended; one that failed, by its error's code. */
  readonly outcomes: readonly string[];
  readonly accepted: number;
  readonly refuted: number;
  readonly wasted: number;
  readonly stale: number;
  readonly rollbacks: number;
  /** Messages by type; answers that end a job by outcome. */
  readonly messages: ReadonlyMap<string, number>;
  readonly kills: number;
  readonly lateJoins: number;
  readonly disconnects: number;
  readonly pauses: number;
  readonly events: EventLog;
  /** What is wrong, in words; empty when all holds. */
  readonly problems: readonly string[];
}

type Random = ReturnType<typeof draws>;

/** One random cluster with random faults and random generations, decided by `seed` alone; `log`: write everything down. */
export function randomRun(seed: number, log = false): RunSummary {
  const random = draws(seed);
  const events = recordEvents(log);
  const faulty = random.chance(0.8);
  const delay = random.pick([0, 0.1, 1, 5]);
  const errors: string[] = [];
  const faults = {
    delayMs: (next: () => number) => delay * (0.5 + next()),
    lossRate: faulty ? random.pick([0, 0, 0.02, 0.1]) : 0,
    duplicationRate: faulty ? random.pick([0, 0.05, 0.3]) : 0,
    reorderRate: faulty ? random.pick([0, 0.1, 0.5]) : 0,
    reorderMs: random.pick([1, 10, 100]),
  };
  const keepsOrder = faults.lossRate + faults.duplicationRate + faults.reorderRate === 0;
  const leaseMs = random.pick([1500, 10_000]);
  const mishaps = planMishaps(seed);
  const cluster = createVirtualCluster({
    targets: random.whole(1, 5),
    targetMs: random.pick([1, 5, 20, 40]),
    ...(random.chance(0.9) ? { drafterMs: random.pick([0.2, 1, 2, 10, 30]) } : {}),
    acceptance: random.pick([0, 0.4, 0.7, 0.9, 1]),
    burst: random.pick([1, 1, 8]),
    timing: random.pick(['', '', 'jitter=0.3', 'perToken=1', 'stragglers=0.1&jitter=0.1', 'drift=3']),
    slots: random.pick([1, 4, 8]),
    sharedHost: random.chance(0.3),
    leaseMs,
    patienceMs: 120_000,
    seed,
    faults,
    logger: {
      ...silentLogger,
      error: (data, message) => {
        const error = `${message}: ${JSON.stringify(data)}`;
        if (!mishaps.explain(error)) errors.push(error);
      },
    },
    equip: mishaps.equip,
    ...(log ? { inspect: events.inspect } : {}),
  });
  events.watch(cluster.network);
  const standbys = cluster.drafter !== undefined && random.chance(0.25) ? random.whole(1, 2) : 0;
  for (let i = 0; i < standbys; i++) cluster.startDrafter();
  const troubles = faulty
    ? planTroubles(cluster, random)
    : { kills: 0, lateJoins: 0, disconnects: 0, pauses: 0, connectedAtMs: 0 };
  const count = random.whole(1, 3);
  let cancelled = 0;
  for (let i = 0; i < count; i++) {
    const request = randomRequest(random, i);
    cluster.scheduler.schedule(random.pick([0, 0, 10, 300]), () => {
      const generation = cluster.generate(request);
      if (!random.chance(0.1)) return;
      cancelled++;
      cluster.scheduler.schedule(random.whole(0, 400), () => generation.cancel());
    });
  }
  const allEnded = () =>
    cluster.generations.length === count && cluster.generations.every(({ log }) => log.end !== undefined);
  cluster.scheduler.run({ until: allEnded, limitMs: 900_000 });
  const problems = [
    ...(allEnded() ? [] : ['not every generation ended']),
    ...cluster.generations.flatMap((generation) => problemsOf(generation, cancelled > 0, mishaps)),
    // Long before the lease ends, unless the word was lost or the question for the session came after it.
    ...(keepsOrder && leaseMs === 10_000 ? openSessions(cluster, troubles) : []),
    ...leftovers(cluster),
    ...errors,
  ];
  return {
    ...summarise(cluster.generations),
    ...troubles,
    messages: events.counts,
    events: events.log,
    problems,
  };
}

function randomRequest(random: Random, index: number): Partial<CompiledRequest> {
  const promptTokenIds = Array.from({ length: random.pick([1, 2, 9, 40]) }, () =>
    random.whole(0, SIM_WORDS.length - 1),
  );
  const endTokenIds = random.chance(0.2) ? [random.whole(0, SIM_WORDS.length - 1)] : [];
  const request = {
    id: `g${index}`,
    promptTokenIds,
    sampler: {
      ...neutralSampler,
      temperature: random.pick([0, 0.8]),
      endTokenIds,
      promptLength: promptTokenIds.length,
    },
    seed: random.whole(0, 1000),
    maxTokens: random.pick([1, 2, 8, 20, 40]),
    mode: random.pick<RequestMode>(['none', 'si', 'dsi', 'dsi', 'auto', 'auto']),
    lookahead: random.pick([undefined, undefined, 1, 2, 5]),
    wait: random.pick([undefined, undefined, undefined, 0, 1, 4]),
    targets: random.pick([undefined, undefined, 1, 2]),
  };
  return { ...request, logprobs: [undefined, 0, 1, 2][request.seed % 4] };
}

type Mishaps = ReturnType<typeof planMishaps>;

/** Passes that fail, and paths after which the target names no token; by draws of their own. */
function planMishaps(seed: number) {
  const random = draws(seed + 1_000_003);
  const failing = random.chance(0.3) ? random.pick([0.005, 0.03, 0.2]) : 0;
  const invalid = random.chance(0.2) ? random.pick([0.01, 0.1]) : 0;
  const poisons = random.chance(0.5);
  const isInvalid = ({ hash }: TokenPath) => Number.parseInt(hash.slice(0, 8), 16) / 2 ** 32 < invalid;
  const equip: EquipWorker = (model, scheduler) => {
    const isTarget = model.info.name.startsWith('sim:target');
    const picky =
      isTarget && invalid > 0
        ? withInvalidLogits(model, scheduler, { isInvalid, poisons: () => poisons })
        : model;
    return failing > 0 ? withFailingPasses(picky, scheduler, () => random.chance(failing)) : picky;
  };
  return {
    equip,
    /** The length of the first path of the target's own text that is followed by no token. */
    invalidAt: ({ id, promptTokenIds }: CompiledRequest, text: readonly number[]): number | undefined => {
      const lengths = text.map((_, index) => promptTokenIds.length + index);
      return lengths.find((length) => isInvalid(pathOf(id, [...promptTokenIds, ...text].slice(0, length))));
    },
    /** Whether an error is one that had to be expected. */
    explain: (error: string): boolean =>
      (failing > 0 && error.includes(NO_MEMORY)) || (invalid > 0 && error.includes('a logit is NaN')),
  };
}

function planTroubles(cluster: VirtualCluster, random: Random) {
  const { scheduler, workers } = cluster;
  const happened = { kills: 0, lateJoins: 0, disconnects: 0, pauses: 0, connectedAtMs: 0 };
  const reconnect = (bus: MemoryEndpoint, afterMs: number) => {
    happened.disconnects++;
    happened.connectedAtMs = Math.max(happened.connectedAtMs, scheduler.now() + afterMs);
    bus.disconnect();
    scheduler.schedule(afterMs, () => bus.reconnect());
  };
  const soon = () => random.pick([5, 50, 200, 1000]) * random.real();
  if (random.chance(0.3)) {
    scheduler.schedule(soon(), () => {
      const victim = workers[random.whole(0, workers.length - 1)];
      if (victim === undefined) return;
      happened.kills++;
      victim.kill();
      // A supervisor notices its child's end at once; on another host only silence tells.
      if (random.chance(0.5)) cluster.directory.remove(victim.id);
      scheduler.schedule(soon(), () => {
        if (victim.role === 'target') cluster.startTarget();
        else cluster.startDrafter();
      });
    });
  }
  if (random.chance(0.3)) {
    scheduler.schedule(soon(), () => {
      happened.lateJoins++;
      if (random.chance(0.5)) cluster.startTarget();
      else cluster.startDrafter(random.pick([0, 0.5, 1]));
    });
  }
  for (const bus of [cluster.gateway, ...workers.map((worker) => worker.bus)]) {
    if (!random.chance(0.12)) continue;
    scheduler.schedule(soon(), () => reconnect(bus, random.pick([1, 30, 500, 3000])));
  }
  if (random.chance(0.1)) {
    // The server restarts: everybody is cut off at once, and back one after another.
    scheduler.schedule(soon(), () => {
      for (const bus of [cluster.gateway, ...workers.map((worker) => worker.bus)]) {
        reconnect(bus, 200 + random.whole(0, 300));
      }
    });
  }
  for (const worker of workers) {
    if (!random.chance(0.15)) continue;
    scheduler.schedule(soon(), () => {
      happened.pauses++;
      worker.pauseUntil(scheduler.now() + random.pick([50, 500, 4000]));
    });
  }
  return happened;
}

function problemsOf(generation: VirtualGeneration, mayBeCancelled: boolean, mishaps: Mishaps): string[] {
  const { request, log } = generation;
  const { end } = log;
  if (end === undefined) return [];
  const problems: string[] = [];
  const say = (problem: string) => problems.push(`${request.id} (${request.mode}): ${problem}`);
  const verdicts = simVerdicts(request);
  const text = verdicts.map(({ token }) => token);
  const invalidAt = mishaps.invalidAt(request, text);
  const expected = text.slice(0, (invalidAt ?? Number.POSITIVE_INFINITY) - request.promptTokenIds.length);
  const tokens = tokensOf(generation);
  const saidOf = (index: number) => (request.logprobs === undefined ? undefined : verdicts[index]?.logprobs);
  if (end.outcome === 'failed' && end.error.code === 'invalid_logits') {
    if (tokens.length !== expected.length || invalidAt === undefined) say(`too early: ${end.error.message}`);
  } else if (end.outcome === 'failed' && !mishaps.explain(end.error.message))
    say(`failed: ${end.error.message}`);
  if (end.outcome === 'completed' && invalidAt !== undefined) say('went on where the target names no token');
  if (end.outcome === 'cancelled' && !mayBeCancelled) say('cancelled by nobody');
  if (end.outcome === 'completed' && tokens.length !== expected.length)
    say(`${tokens.length} tokens instead of ${expected.length}`);
  if (tokens.some((token, index) => token !== expected[index])) say("tokens are not the target's own");
  if (log.tokens.some(({ logprobs }, index) => !isDeepStrictEqual(asSaid(logprobs), saidOf(index))))
    say("log probabilities are not the target's own");
  if (log.tokens.some(({ seq }, index) => seq !== index)) say('seq has gaps or duplicates');
  if (generation.ends() !== 1) say(`ended ${generation.ends()} times`);
  const { timings, speculation } = end.result;
  const { draftTokens, draftTokensAccepted, predictedTokens } = timings;
  const corrections = draftTokens - draftTokensAccepted;
  if (speculation.drafterForwards < draftTokens) say('more drafts decided than proposed');
  if (draftTokens < draftTokensAccepted) say('more drafts accepted than decided');
  if (predictedTokens < draftTokensAccepted + corrections)
    say('fewer tokens than drafts accepted and corrected');
  if (speculation.drafterForwards !== draftTokens + speculation.wastedDrafts)
    say('drafts are missing from the count');
  // What is committed was either accepted or is the target's own.
  if (draftTokensAccepted !== log.tokens.filter(({ drafted }) => drafted).length)
    say('other drafts committed than counted as accepted');
  if (timings.predictedTokens !== tokens.length) say('timings count other tokens than the log');
  return problems;
}

/** How likely a token is said to be, as a verdict says it. */
function asSaid(logged: LoggedLogprobs | undefined): TokenLogprobs | undefined {
  if (logged === undefined) return undefined;
  return { logprob: logged.logprob, top: logged.top.map(({ token, logprob }) => [token, logprob]) };
}

/** Sessions that were not closed when they were over and their workers could hear of it. */
function openSessions(cluster: VirtualCluster, troubles: { readonly connectedAtMs: number }): string[] {
  // Until every trouble has begun.
  cluster.runFor(1_000);
  const { scheduler } = cluster;
  cluster.runFor(Math.max(0, troubles.connectedAtMs - scheduler.now()) + 2_500);
  return cluster.workers
    .filter((worker) => !worker.killed() && worker.sequences.opened !== worker.sequences.closed)
    .map(({ id }) => `${id} was not told to close its sessions`);
}

/** What is still held or still runs after all generations have ended. */
function leftovers(cluster: VirtualCluster): string[] {
  const problems: string[] = [];
  cluster.runFor(12_000);
  for (const worker of cluster.workers) {
    if (cluster.pool.load(worker.id) > 0) problems.push(`the pool still counts jobs on ${worker.id}`);
    const { opened, closed } = worker.sequences;
    if (!worker.killed() && opened !== closed)
      problems.push(`${worker.id} holds ${opened - closed} sessions`);
  }
  if (!cluster.shutDown()) problems.push('something goes on for ever');
  return problems;
}

function summarise(generations: readonly VirtualGeneration[]) {
  const sum = { accepted: 0, refuted: 0, wasted: 0, stale: 0, rollbacks: 0 };
  const outcomes: string[] = [];
  for (const { log } of generations) {
    if (log.end === undefined) continue;
    const { timings, speculation } = log.end.result;
    outcomes.push(log.end.outcome === 'failed' ? log.end.error.code : log.end.outcome);
    sum.accepted += timings.draftTokensAccepted;
    sum.refuted += timings.draftTokens - timings.draftTokensAccepted;
    sum.wasted += speculation.wastedDrafts;
    sum.stale += speculation.staleVerdicts;
    sum.rollbacks += speculation.rollbacks;
  }
  return { ...sum, outcomes };
}

function draws(seed: number) {
  const real = createSeededRandom(seed * 7919 + 13);
  const whole = (low: number, high: number) => low + Math.floor(real() * (high - low + 1));
  return {
    real,
    whole,
    chance: (share: number) => real() < share,
    pick: <Value>(values: readonly Value[]): Value => values[whole(0, values.length - 1)] as Value,
  };
}
