import type { CompiledEngineOptions } from '../../infra/config/engine-options.js';
import type { Logger } from '../core/logger.js';
import type { WorkerAnnounced } from '../core/messages.js';

export interface WhoseWorkers extends Pick<CompiledEngineOptions, 'model' | 'drafting' | 'remote'> {
  readonly tokenizerHash: string;
  /** This engine, as the workers that it starts name it. */
  readonly owner: string;
  readonly logger: Logger;
}

/**
 * Which workers may take part: those this engine started, and those that belong to no engine where remote ones were
 * asked for; of its models, with its tokenizer. Never another engine's, which ends them when it ends.
 */
export function acceptsWorker(engine: WhoseWorkers): (announced: WorkerAnnounced) => boolean {
  const { model, drafting, remote, tokenizerHash, owner, logger } = engine;
  const told = new Set<string>();
  return (announced) => {
    const isOurs = announced.owner === undefined ? remote : announced.owner === owner;
    if (!isOurs) return false;
    const speaksOurs = announced.tokenizerHash === '*' || announced.tokenizerHash === tokenizerHash;
    if (!speaksOurs) {
      if (announced.owner === owner && !told.has(announced.worker))
        logger.error(
          { worker: announced.worker, model: announced.model },
          "worker is not used: its tokenizer is not the one that was loaded; was the model's folder changed?",
        );
      told.add(announced.worker);
      return false;
    }
    if (announced.role === 'target') return announced.model === model;
    return drafting.models.includes(announced.model) || (drafting.ngram && announced.model === 'ngram');
  };
}
