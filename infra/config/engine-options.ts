import { InvalidOptionError } from '../../src/core/errors.js';
import { REQUEST_MODES, type RequestMode } from '../../src/core/generation.js';
import { DEFAULT_MODEL, defaultDrafter } from '../models/bundled-models.js';
import { type Drafting, isUndrafted, parseDrafting } from './drafting.js';
import {
  type CompiledModelStoreOptions,
  type ModelStoreOptions,
  modelStoreOf,
  modelStoreOptionDefinitions,
} from './model-store-options.js';
import {
  type CompiledNatsOptions,
  compileNatsOptions,
  type NatsOptions,
  natsOptionDefinitions,
} from './nats-options.js';
import { choiceOption, integerOption, type OptionDefinitions, textOption } from './option.js';
import { processContext } from './process-context.js';
import { type ConfigContext, resolveOptions } from './resolve.js';

export const WORKER_PLACES = ['local', 'remote', 'both'] as const;
export type WorkerPlace = (typeof WORKER_PLACES)[number];

/** Options of an engine: every field may also come from the environment as SLIPSTREAM_<NAME>. */
export interface EngineOptions extends NatsOptions, ModelStoreOptions {
  /** Name, folder or `sim:` description of the target. Default `fable`, which is built in. */
  readonly model?: string;
  /**
   * `ngram` (lookup in prompt and output), a model, several of these separated by commas, or `none`. Default: those
   * made for the target (`fable-drafter`; `ngram,smollm2-drafter`), else `ngram`, as in mode `none`.
   */
  readonly drafter?: string;
  /** Processes to start here of each model that drafts, 1..4: with two, one takes over at a rollback while the other is still inside a pass. Default 1. */
  readonly drafters?: number;
  /** How requests are decoded that do not say. Default `auto`; `none` without a drafter. */
  readonly mode?: RequestMode;
  /** Target workers to start here, 1..64, and the most that a generation uses. Default in modes `auto` and `dsi`: the cores, less one for a model that drafts; else 1; remote workers: all there are. */
  readonly targets?: number;
  /** 1..64 new drafts per verification job. Default: from measured times. */
  readonly lookahead?: number;
  /** Processor threads of each local worker, 1..256. Default: the cores shared evenly; at least two, where there are as many, of one target and drafters, which seldom work at the same time. */
  readonly threads?: number;
  /**
   * Whether workers are started here, for this engine alone, found over NATS, where those that another engine started are
   * left out, or both. Default `remote` with `natsUrl`, else `local`.
   */
  readonly workers?: WorkerPlace;
  /** The nats-server binary for the embedded server. Default: the PATH, the cache, a download. */
  readonly natsServer?: string;
  /** Generations decoded at the same time, 1..256. Default 4. */
  readonly parallel?: number;
  /** Requests that wait when `parallel` are running, 0..10,000; more are refused. Default 64. */
  readonly queue?: number;
}

/** What `createEngine` runs on: checked, complete and frozen. */
export interface CompiledEngineOptions {
  readonly model: string;
  readonly drafting: Drafting;
  /** What a request gets that does not say. */
  readonly defaults: {
    readonly mode: RequestMode;
    readonly lookahead: number | undefined;
    /** Most targets a generation uses; undefined: all. */
    readonly targets: number | undefined;
  };
  /** Workers to start as children of this process. */
  readonly local: {
    /** 0: none, all are remote. */
    readonly targets: number;
    /** Processes of each model that drafts; 0: none is started here. */
    readonly drafters: number;
    readonly threads: number;
  };
  /** Whether workers of other hosts are used. */
  readonly remote: boolean;
  readonly nats: CompiledNatsOptions;
  readonly natsServer: string | undefined;
  readonly store: CompiledModelStoreOptions;
  readonly parallel: number;
  readonly queue: number;
  /** Workers with the same value share processor cores. */
  readonly hostName: string;
}

export const engineOptionDefinitions: OptionDefinitions<EngineOptions> = {
  model: textOption({
    flag: 'model',
    placeholder: 'MODEL',
    description: 'the target: a name from `slipstream models list`, a folder, or sim:...',
    defaultText: DEFAULT_MODEL,
  }),
  drafter: textOption({
    flag: 'drafter',
    placeholder: 'ngram|MODEL,...|none',
    description: 'who guesses ahead: lookup in the text so far, a model, several at once, or nobody',
    defaultText: 'those made for the model, else ngram',
    allowed: 'ngram, a model, several of these separated by commas, or none',
  }),
  drafters: integerOption({
    flag: 'drafters',
    minimum: 1,
    maximum: 4,
    description: 'processes of each model that drafts; one more takes over at a rollback',
    defaultText: '1',
  }),
  mode: choiceOption({
    flag: 'mode',
    choices: REQUEST_MODES,
    description: 'how to decode: as measured, plain, draft-then-verify, or both at the same time',
    defaultText: 'auto; none when the drafter is none',
  }),
  targets: integerOption({
    flag: 'targets',
    placeholder: 'SP',
    minimum: 1,
    maximum: 64,
    description: 'target workers to start, and the most that one generation uses',
    defaultText:
      'in modes auto and dsi the cores, less one for a model that drafts; else 1; remote workers: all there are',
  }),
  lookahead: integerOption({
    flag: 'lookahead',
    placeholder: 'K',
    minimum: 1,
    maximum: 64,
    description: 'new draft tokens per verification job',
    defaultText: 'planned from measured times',
  }),
  threads: integerOption({
    flag: 'threads',
    minimum: 1,
    maximum: 256,
    description: 'processor threads of each local worker',
    defaultText:
      'the cores shared evenly between local workers; at least two, where there are as many, of one target and models that draft',
  }),
  workers: choiceOption({
    flag: 'workers',
    choices: WORKER_PLACES,
    description:
      'start workers here for this engine alone, use those found over NATS that no engine started, or both',
    defaultText: 'remote when a NATS address is given, else local',
  }),
  ...natsOptionDefinitions,
  natsServer: textOption({
    flag: 'nats-server',
    placeholder: 'FILE',
    description: 'nats-server binary for the embedded server',
    defaultText: 'found on the PATH, in the cache, or downloaded',
  }),
  parallel: integerOption({
    flag: 'parallel',
    minimum: 1,
    maximum: 256,
    description: 'generations decoded at the same time',
    defaultText: '4',
  }),
  queue: integerOption({
    flag: 'queue',
    minimum: 0,
    maximum: 10_000,
    description: 'requests that may wait; more are refused as busy',
    defaultText: '64',
  }),
  ...modelStoreOptionDefinitions,
};

/** Checks and completes. Throws InvalidOptionError naming the field as the caller spells it. */
export function compileEngineOptions(
  options: EngineOptions,
  context: ConfigContext = processContext(),
): CompiledEngineOptions {
  const resolved = resolveOptions(engineOptionDefinitions, options, context);
  const { values, nameOf } = resolved;
  const model = values.model ?? DEFAULT_MODEL;
  // Plain decoding needs no process that drafts; lookup costs nothing, and a request may ask for another mode.
  const drafter = values.drafter ?? (values.mode === 'none' ? 'ngram' : defaultDrafter(model));
  const drafting = parseDrafting(drafter, nameOf('drafter'));
  const isAlone = isUndrafted(drafting);
  const mode = values.mode ?? (isAlone ? 'none' : 'auto');
  if (mode !== 'none' && isAlone)
    throw new InvalidOptionError(nameOf('mode'), mode, `none when ${nameOf('drafter')} is none`);
  if (options.lookahead !== undefined && isAlone)
    throw new InvalidOptionError(
      nameOf('lookahead'),
      values.lookahead,
      `left out when ${nameOf('drafter')} is none`,
    );
  const nats = compileNatsOptions(resolved, context);
  const workers = values.workers ?? (nats.servers === undefined ? 'local' : 'remote');
  if (workers !== 'local' && nats.servers === undefined)
    throw new InvalidOptionError(nameOf('workers'), workers, `local unless ${nameOf('natsUrl')} is given`);
  if (values.natsServer !== undefined && nats.servers !== undefined && options.natsServer !== undefined)
    throw new InvalidOptionError(
      nameOf('natsServer'),
      values.natsServer,
      `left out when ${nameOf('natsUrl')} is given`,
    );
  const startsWorkers = workers !== 'remote';
  if (!startsWorkers && options.threads !== undefined)
    throw new InvalidOptionError(nameOf('threads'), values.threads, 'left out when all workers are remote');
  if (options.drafters !== undefined && drafting.models.length === 0)
    throw new InvalidOptionError(
      nameOf('drafters'),
      values.drafters,
      `left out when ${nameOf('drafter')} names no model`,
    );
  const drafters = startsWorkers && drafting.models.length > 0 ? (values.drafters ?? 1) : 0;
  const localDrafters = drafters * drafting.models.length;
  const freeCores = context.cores - localDrafters;
  const localTargets = startsWorkers
    ? (values.targets ?? (mode === 'dsi' || mode === 'auto' ? Math.min(64, Math.max(1, freeCores)) : 1))
    : 0;
  return Object.freeze({
    model,
    drafting,
    defaults: Object.freeze({ mode, lookahead: values.lookahead, targets: values.targets }),
    local: Object.freeze({
      targets: localTargets,
      drafters,
      threads: values.threads ?? threadsOf(context.cores, localTargets, localDrafters),
    }),
    remote: workers !== 'local',
    nats,
    natsServer: values.natsServer,
    store: modelStoreOf(resolved, context),
    parallel: values.parallel ?? 4,
    queue: values.queue ?? 64,
    hostName: context.hostName,
  });
}

/** Beside its only target a drafter rests most of the time, and the target beside it while it drafts. */
function threadsOf(cores: number, targets: number, drafters: number): number {
  const evenly = Math.floor(cores / Math.max(1, targets + drafters));
  return Math.max(1, evenly, targets === 1 && drafters > 0 ? Math.min(2, cores) : 1);
}
