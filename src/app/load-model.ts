import { blockingPass } from '../../infra/clock/blocking-wait.js';
import type { CompiledModelStoreOptions } from '../../infra/config/model-store-options.js';
import { newSeed } from '../../infra/ids/random-ids.js';
import { type OnnxModelFolder, resolveModel } from '../../infra/models/model-folder.js';
import type { OnModelProgress } from '../../infra/models/progress.js';
import type { TokenizerSource } from '../../infra/models/tokenizer-source.js';
import { createSimModel } from '../../infra/sim/sim-model.js';
import { parseSimModel, type SimOptions } from '../../infra/sim/sim-options.js';
import { InvalidOptionError } from '../core/errors.js';
import type { LoadedModel } from '../core/model.js';
import type { Scheduler } from '../core/scheduler.js';
import { createSeededRandom } from '../core/seeded-random.js';
import { readSimRecords } from './sim-records.js';

export interface LoadModelOptions {
  readonly name: string;
  readonly role: 'target' | 'drafter';
  readonly threads: number;
  readonly slots: number;
  readonly store: CompiledModelStoreOptions;
  readonly scheduler: Scheduler;
}

/** Loads a model into this process and tests it: seconds for a large one, during which the thread may block. */
export async function loadModel(options: LoadModelOptions): Promise<LoadedModel> {
  const { name } = options;
  const resolved = await resolveModel(name, options.store);
  switch (resolved.kind) {
    case 'sim':
      return loadSimModel(options);
    case 'onnx':
      return loadFolder(resolved, options);
    case 'ngram':
      throw new InvalidOptionError(
        'model',
        name,
        'a model for a worker of its own: n-gram lookup runs in the gateway',
      );
  }
}

/** Where the tokenizer that goes with a model is; the model is brought here first. */
export async function findModelTokenizer(
  name: string,
  store: CompiledModelStoreOptions,
  onProgress?: OnModelProgress,
): Promise<TokenizerSource> {
  const resolved = await resolveModel(name, { ...store, onProgress });
  if (resolved.kind === 'onnx') return resolved.tokenizer;
  if (resolved.kind === 'sim') return { kind: 'sim' };
  throw new InvalidOptionError('model', name, 'a model that can verify');
}

/** Whether a drafter's ids need no check against the target's: it repeats the target's own. */
export function draftsAnyTokenizer(name: string): boolean {
  return name.startsWith('sim:') && parseSimModel(name).replay !== undefined;
}

async function loadFolder(resolved: OnnxModelFolder, options: LoadModelOptions): Promise<LoadedModel> {
  const { loadOnnxModel } = await import('../../infra/onnx/loaded-model.js');
  const tokenizer = resolved.loadTokenizer();
  return loadOnnxModel({
    path: resolved.modelPath,
    name: resolved.name,
    role: options.role,
    tokenizerHash: tokenizer.hash,
    vocabularySize: tokenizer.vocabularySize,
    rows: resolved.rows,
    contextTokens: resolved.config.contextTokens,
    threads: options.threads,
    slots: options.slots,
    scheduler: options.scheduler,
  });
}

/** Refuses the name of a simulated model that means none for this role. Throws InvalidOptionError. */
export function checkSimModel(name: string, role: 'target' | 'drafter'): void {
  if (name.startsWith('sim:')) simOptions(name, role, role === 'drafter' ? 'drafter' : 'model');
}

function simOptions(name: string, role: 'target' | 'drafter', field = 'model'): SimOptions {
  const options = parseSimModel(name, field);
  if (options.role !== role) throw new InvalidOptionError(field, name, `a sim:${role} for a ${role}`);
  return options;
}

function loadSimModel({ name, role, slots, scheduler }: LoadModelOptions): LoadedModel {
  const options = simOptions(name, role);
  return createSimModel({
    name,
    options,
    ...readSimRecords(options),
    scheduler,
    wait: (ms, done) => blockingPass(ms, scheduler.now, done),
    slots,
    random: createSeededRandom(newSeed()),
  });
}
