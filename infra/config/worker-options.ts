import { InvalidOptionError } from '../../src/core/errors.js';
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

export const WORKER_ROLES = ['target', 'drafter'] as const;
export type WorkerRole = (typeof WORKER_ROLES)[number];

/** Options of one worker process: every field may also come from the environment as SLIPSTREAM_<NAME>. */
export interface WorkerOptions extends NatsOptions, ModelStoreOptions {
  /** Verify, or draft. Required. */
  readonly role?: WorkerRole;
  /** Name, folder or `sim:` description. Required. */
  readonly model?: string;
  /** Processor threads, 1..256. Default: all cores. */
  readonly threads?: number;
  /** Generations served in turn, 1..256. Default 4. */
  readonly slots?: number;
  /** Workers with the same value share processor cores. Default: the host's name. */
  readonly hostName?: string;
  /** The engine that alone uses it, as engines say of workers that they start. Default: every engine may. */
  readonly owner?: string;
}

/** What `runWorker` runs on: checked, complete and frozen. */
export interface CompiledWorkerOptions {
  readonly role: WorkerRole;
  readonly model: string;
  readonly threads: number;
  readonly slots: number;
  readonly hostName: string;
  readonly owner: string | undefined;
  readonly nats: CompiledNatsOptions & { readonly servers: readonly string[] };
  readonly store: CompiledModelStoreOptions;
}

export const workerOptionDefinitions: OptionDefinitions<WorkerOptions> = {
  role: choiceOption({
    flag: 'role',
    choices: WORKER_ROLES,
    description: 'verify drafts, or make them',
    defaultText: 'none: required',
  }),
  model: textOption({
    flag: 'model',
    placeholder: 'MODEL',
    description: 'a name from `slipstream models list`, a folder, or sim:...',
    defaultText: 'none: required',
  }),
  ...natsOptionDefinitions,
  natsUrl: { ...natsOptionDefinitions.natsUrl, defaultText: 'none: required' },
  threads: integerOption({
    flag: 'threads',
    minimum: 1,
    maximum: 256,
    description: 'processor threads',
    defaultText: 'all cores',
  }),
  slots: integerOption({
    flag: 'slots',
    minimum: 1,
    maximum: 256,
    description: 'generations served in turn',
    defaultText: '4',
  }),
  hostName: textOption({
    flag: 'host-name',
    placeholder: 'NAME',
    description: 'workers with the same name share processor cores',
    defaultText: "the host's name",
    allowed: '1 to 255 letters, digits, dots, _ or -',
    pattern: /^[A-Za-z0-9._-]{1,255}$/,
  }),
  owner: textOption({
    description: 'the engine that alone uses it; engines set it for workers that they start',
    defaultText: 'every engine may use it',
    allowed: '1 to 64 letters, digits, _ or -',
    pattern: /^[A-Za-z0-9_-]{1,64}$/,
  }),
  ...modelStoreOptionDefinitions,
};

/** Checks and completes. Throws InvalidOptionError naming the field as the caller spells it. */
export function compileWorkerOptions(
  options: WorkerOptions,
  context: ConfigContext = processContext(),
): CompiledWorkerOptions {
  const resolved = resolveOptions(workerOptionDefinitions, options, context);
  const { values, nameOf } = resolved;
  const required = <Key extends 'role' | 'model' | 'natsUrl'>(key: Key) => {
    const value = values[key];
    if (value === undefined)
      throw new InvalidOptionError(nameOf(key), undefined, workerOptionDefinitions[key].allowed);
    return value as NonNullable<WorkerOptions[Key]>;
  };
  const role = required('role');
  const model = required('model');
  const servers = required('natsUrl');
  return Object.freeze({
    role,
    model,
    threads: values.threads ?? context.cores,
    slots: values.slots ?? 4,
    hostName: values.hostName ?? context.hostName,
    owner: values.owner,
    nats: Object.freeze({ ...compileNatsOptions(resolved, context), servers }),
    store: modelStoreOf(resolved, context),
  });
}
