import { createRealScheduler } from '../../../../infra/clock/real-scheduler.js';
import type { CompiledModelStoreOptions } from '../../../../infra/config/model-store-options.js';
import { compareTokenizers } from '../../../../infra/models/compare-tokenizers.js';
import { createNgramModel } from '../../../../infra/models/ngram-model.js';
import { openTokenizer } from '../../../../infra/models/tokenizer-source.js';
import { InvalidOptionError } from '../../../core/errors.js';
import type { LoadedModel } from '../../../core/model.js';
import type { Scheduler } from '../../../core/scheduler.js';
import type { Tokenizer } from '../../../core/tokenizer.js';
import { checkSimModel, draftsAnyTokenizer, findModelTokenizer, loadModel } from '../../load-model.js';

export interface PairOptions {
  readonly model: string;
  /** `ngram`, or a model. */
  readonly drafter: string;
  readonly threads: number;
  /** Whether prompts are to be rendered with the target's chat template. */
  readonly chat: boolean;
  readonly store: CompiledModelStoreOptions;
}

/** A target and a drafter in this process. */
export interface ModelPair {
  readonly tokenizer: Tokenizer;
  readonly target: LoadedModel;
  readonly drafter: LoadedModel;
  close(): Promise<void>;
}

/** Throws TokenizerMismatchError when the drafter's ids mean other tokens, InvalidOptionError for what cannot be. */
export async function openPair({ model, drafter, threads, chat, store }: PairOptions): Promise<ModelPair> {
  checkSimModel(model, 'target');
  checkSimModel(drafter, 'drafter');
  const scheduler = createRealScheduler();
  const tokenizer = openTokenizer(await findModelTokenizer(model, store));
  if (chat && tokenizer.encodeChat === undefined)
    throw new InvalidOptionError('--chat', true, `left out: ${model} has no chat template`);
  if (drafter !== 'ngram' && !draftsAnyTokenizer(drafter)) {
    const theirs = openTokenizer(await findModelTokenizer(drafter, store));
    const mismatch = compareTokenizers(tokenizer, theirs, { target: model, drafter });
    if (mismatch !== undefined) throw mismatch;
  }
  const shared = { threads, slots: 1, store, scheduler };
  const target = await loadModel({ ...shared, name: model, role: 'target' });
  try {
    const drafting = await openDrafter(drafter, shared);
    return {
      tokenizer,
      target,
      drafter: drafting,
      close: async () => {
        await drafting.close();
        await target.close();
      },
    };
  } catch (error) {
    await target.close();
    throw error;
  }
}

function openDrafter(
  name: string,
  options: {
    readonly threads: number;
    readonly slots: number;
    readonly store: CompiledModelStoreOptions;
    readonly scheduler: Scheduler;
  },
): Promise<LoadedModel> {
  return name === 'ngram'
    ? Promise.resolve(createNgramModel(options))
    : loadModel({ ...options, name, role: 'drafter' });
}
