import { type AnyStateMachine, createActor } from 'xstate';
import { drafterMachine } from '../../actors/drafter/machine.js';
import { targetVerifierMachine } from '../../actors/target-verifier/machine.js';
import { MemoryNetwork } from '../../infra/bus-memory/memory-network.js';
import { createSimModel } from '../../infra/sim/sim-model.js';
import { parseSimModel } from '../../infra/sim/sim-options.js';
import { actorOptions } from '../../src/app/actor-options.js';
import type { CompiledRequest } from '../../src/core/generation.js';
import { silentLogger } from '../../src/core/logger.js';
import type { MessageOf, SessionOpen, VerdictReturned, WireMessage } from '../../src/core/messages.js';
import type { LoadedModel } from '../../src/core/model.js';
import type { PathHash } from '../../src/core/path-hash.js';
import { neutralSampler } from '../../src/core/sampler-parameters.js';
import { createSubjects } from '../../src/core/subjects.js';
import { TokenPath } from '../../src/core/token-path.js';
import { VirtualScheduler } from '../../src/core/virtual-scheduler.js';
import { withInvalidLogits } from './invalid-logits.js';
import { simReference, simVerdicts } from './sim-reference.js';

export interface BenchOptions {
  readonly slots?: number;
  /** Default 10. */
  readonly ms?: number;
  readonly acceptance?: number;
  readonly maxChunkTokens?: number;
  /** Default 64. */
  readonly contextTokens?: number;
}

export interface RecordedPass {
  readonly generation: string;
  readonly tokens: readonly number[];
  readonly want: number;
}

export const PROMPT = [5, 6, 7];

/** One worker's machine on a bus in virtual time, with a simulated model whose passes are recorded and can be made to fail. */
function createBench<Machine extends AnyStateMachine>(
  machine: Machine,
  role: 'target' | 'drafter',
  options: BenchOptions,
) {
  const scheduler = new VirtualScheduler();
  const network = new MemoryNetwork({ scheduler });
  const subjects = createSubjects();
  const bus = network.connect('worker');
  const controller = network.connect('controller');
  const said: WireMessage[] = [];
  const passes: RecordedPass[] = [];
  const states: string[] = [];
  const faults = {
    nextPass: undefined as Error | undefined,
    nextOpening: undefined as Error | undefined,
    /** Hashes of the paths after which the logits name no token. */
    invalidAfter: new Set<PathHash>(),
    poisons: false,
  };
  const url = `sim:${role}?ms=${options.ms ?? 10}&context=${options.contextTokens ?? 64}${role === 'drafter' ? `&acceptance=${options.acceptance ?? 1}` : ''}`;
  const sim = createSimModel({
    name: url,
    options: parseSimModel(url),
    recorded: undefined,
    scheduler,
    wait: (ms, done) => void scheduler.schedule(ms, done),
    slots: options.slots ?? 4,
  });
  const picky = withInvalidLogits(sim, scheduler, {
    isInvalid: ({ hash }) => faults.invalidAfter.has(hash),
    poisons: () => faults.poisons,
  });
  const open = { sequences: 0 };
  const freed: number[] = [];
  const model: LoadedModel = {
    info: { ...sim.info, maxChunkTokens: options.maxChunkTokens ?? 1024 },
    close: () => sim.close(),
    openSequence: (asked) => {
      const error = faults.nextOpening;
      faults.nextOpening = undefined;
      if (error !== undefined) throw error;
      const sequence = picky.openSequence(asked);
      open.sequences++;
      return {
        get length() {
          return sequence.length;
        },
        crop: (length) => sequence.crop(length),
        forward: (tokens, want, done) => {
          passes.push({ generation: asked.generation, tokens: [...tokens], want });
          const error = faults.nextPass;
          faults.nextPass = undefined;
          if (error === undefined) sequence.forward(tokens, want, done);
          else scheduler.schedule(1, () => done(error, undefined));
        },
        close: () => {
          open.sequences--;
          sequence.close();
        },
      };
    },
  };
  for (const generation of ['a', 'b', 'c']) {
    controller.subscribe(subjects.generationVerdicts(generation), ({ message }) => said.push(message));
    controller.subscribe(subjects.generationProposals(generation), ({ message }) => said.push(message));
  }
  const ports = { workerId: 'w', bus, subjects, scheduler, logger: silentLogger };
  const actor = createActor(machine as AnyStateMachine, {
    ...actorOptions(scheduler, undefined),
    input: { ports, slots: options.slots ?? 4, slotFreed: () => freed.push(scheduler.now()) },
  });
  actor.subscribe(({ value }) => states.push(...leaves(value)));
  actor.start();

  return {
    scheduler,
    actor,
    model,
    said,
    passes,
    /** Every state the machine was in. */
    states,
    faults,
    open,
    /** When it was told that a slot is free that somebody waits for. */
    freed,
    load: () => actor.send({ type: 'model.loaded', model }),
    send: (message: object) => actor.send(message as never),
    /** A target's verdicts on `path`, from its position `first` on, where the worker can hear them. */
    overhear: (generation: string, tokens: readonly number[], first: number, committed = PROMPT.length) =>
      controller.publish(subjects.generationVerdicts(generation), {
        ...verdictOn(generation, tokens, first),
        committedPosition: committed,
      }),
    /** A drafter's drafts after the prompt and `tokens`, where the worker can hear them. */
    propose: (generation: string, tokens: readonly number[], ids: readonly number[], exhausted = false) =>
      controller.publish(subjects.generationProposals(generation), {
        type: 'draft.proposed',
        generation,
        worker: 'd',
        epoch: 1,
        parentHash: pathOf(generation, [...PROMPT, ...tokens]).hash,
        position: PROMPT.length + tokens.length,
        ids: [...ids],
        confidences: ids.map(() => 255),
        exhausted,
        startedAtMs: 0,
        forwardMs: 1,
      }),
    /** Opens a session; the answer, which comes at once. */
    openSession(generation: string, asked: Partial<SessionOpen> = {}): WireMessage | undefined {
      let answer: WireMessage | undefined;
      const message = sessionOpen(generation, asked);
      actor.send({
        type: 'session.open',
        message,
        respond: (reply: WireMessage) => {
          answer = reply;
        },
      });
      return answer;
    },
    /** Until nothing is left to do. */
    run: () => scheduler.run(),
    runFor: (ms: number) => scheduler.run({ limitMs: scheduler.now() + ms }),
    saidOf: <Type extends WireMessage['type']>(type: Type) =>
      said.filter((message): message is MessageOf<Type> => message.type === type),
    inState: (state: string) => leaves(actor.getSnapshot().value).includes(state),
    admission: () => actor.getSnapshot().children.admission?.getSnapshot().value,
  };
}

export function createVerifierBench(options: BenchOptions = {}) {
  return createBench(targetVerifierMachine, 'target', options);
}

export function createDrafterBench(options: BenchOptions = {}) {
  return createBench(drafterMachine, 'drafter', options);
}

export function sessionOpen(generation: string, asked: Partial<SessionOpen> = {}): SessionOpen {
  return {
    type: 'session.open',
    generation,
    promptTokenIds: PROMPT,
    sampler: { ...neutralSampler, promptLength: PROMPT.length },
    seed: 1,
    capacityTokens: 60,
    opening: 1,
    leaseMs: 10_000,
    ...asked,
  };
}

/** The target's own text after `tokens`. */
export function textAfter(tokens: readonly number[], count: number): number[] {
  return simReference(continuation(tokens, count));
}

/** How likely the target finds each token of that text, and the likeliest `top`. */
export function likelihoods(tokens: readonly number[], count: number, top: number) {
  return simVerdicts({ ...continuation(tokens, count), logprobs: top }).map(({ logprobs }) => logprobs);
}

function continuation(tokens: readonly number[], count: number): CompiledRequest {
  return {
    id: 'any',
    promptTokenIds: tokens,
    sampler: { ...neutralSampler, promptLength: tokens.length },
    seed: 1,
    maxTokens: count,
    stop: [],
    mode: 'none',
    lookahead: undefined,
    targets: undefined,
  };
}

/** What a target says after the beginnings of `tokens` that have `first` tokens or more: the token that comes next there. */
function verdictOn(generation: string, tokens: readonly number[], first: number): VerdictReturned {
  const path = pathOf(generation, tokens);
  return {
    type: 'verdict.returned',
    generation,
    worker: 't',
    job: 0,
    epoch: 0,
    position: first,
    ids: tokens.slice(first),
    pathHashes: tokens.slice(first).map((_, index) => path.hashAt(first + index) ?? ''),
    startedAtMs: 0,
    forwardMs: 10,
    tokensIngested: 1,
    committedPosition: PROMPT.length,
    done: true,
  };
}

export function pathOf(generation: string, tokens: readonly number[]): TokenPath {
  const path = new TokenPath(generation);
  for (const token of tokens) path.push(token);
  return path;
}

/** `work: {drafting: 'passing'}` is in `work`, `work.drafting` and `work.drafting.passing`. */
export function leaves(value: unknown, prefix = ''): string[] {
  if (typeof value === 'string') return [prefix + value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    prefix + key,
    ...leaves(inner, `${prefix}${key}.`),
  ]);
}
