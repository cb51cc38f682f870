import type { Logger } from '../core/logger.js';
import type { WorkerAnnounced } from '../core/messages.js';
import type { Cancel } from '../core/scheduler.js';
import type { DirectoryEvent, WorkerDirectory } from './worker-directory.js';

/** The workers that one generation may use. */
export interface GenerationWorkers {
  list(): WorkerAnnounced[];
  listen(listener: (event: DirectoryEvent) => void): Cancel;
}

export interface TargetPinOptions {
  readonly directory: Pick<WorkerDirectory, 'list' | 'listen'>;
  readonly logger: Logger;
  /** Whether this engine started the worker. */
  readonly isOwn: (announced: WorkerAnnounced) => boolean;
}

/**
 * Keeps targets apart that share a model's name and not its numbers: other weights, another runtime, another kind of
 * processor. What a target says after a path is its fingerprint's word alone, so a generation uses targets of one
 * fingerprint from its beginning to its end. New ones go on with the one that was in use while any of its targets is up;
 * else with that of most targets, own targets first.
 */
export class TargetPin {
  /** The target of the fingerprint in use that joined last, up or not. */
  private used: WorkerAnnounced | undefined;
  private readonly stop: Cancel;

  constructor(private readonly options: TargetPinOptions) {
    this.stop = options.directory.listen((event) => {
      if (event.type === 'worker.lost') this.choose();
      if (event.type === 'worker.joined' && event.announced.role === 'target') this.joined(event.announced);
    });
    this.choose();
  }

  /** One of the targets that are or were in use; undefined: none was ever up. */
  get target(): WorkerAnnounced | undefined {
    return this.used;
  }

  /** Workers that a generation would use that began now. */
  list(): WorkerAnnounced[] {
    return this.listOf(this.used?.fingerprint);
  }

  /** What a generation that begins now uses until it ends. */
  forGeneration(): GenerationWorkers {
    let pinned = this.used?.fingerprint;
    return {
      list: () => this.listOf(pinned),
      listen: (listener) =>
        this.options.directory.listen((event) => {
          if (event.type === 'worker.joined' && event.announced.role === 'target') {
            pinned ??= this.used?.fingerprint;
            if (event.announced.fingerprint !== pinned) return;
          }
          listener(event);
        }),
    };
  }

  close(): void {
    this.stop();
  }

  private listOf(fingerprint: string | undefined): WorkerAnnounced[] {
    return this.options.directory
      .list()
      .filter((worker) => worker.role !== 'target' || worker.fingerprint === fingerprint);
  }

  private joined(announced: WorkerAnnounced): void {
    this.choose();
    const { worker, model, fingerprint } = announced;
    if (fingerprint === this.used?.fingerprint) this.used = announced;
    else
      this.options.logger.warn(
        { worker, model, fingerprint, used: this.used?.fingerprint },
        'target is not used: its weights or its runtime are not those of the targets in use',
      );
  }

  private choose(): void {
    const { directory, isOwn, logger } = this.options;
    const { used } = this;
    // One that this engine started is started again.
    if (used !== undefined && isOwn(used)) return;
    const targets = directory.list().filter(({ role }) => role === 'target');
    const own = targets.filter(isOwn);
    if (own.length === 0 && targets.some(({ fingerprint }) => fingerprint === used?.fingerprint)) return;
    const next = mostCommon(own.length > 0 ? own : targets);
    if (next === undefined) return;
    this.used = next;
    if (used !== undefined && used.fingerprint !== next.fingerprint)
      logger.warn(
        { model: next.model, fingerprint: next.fingerprint, before: used.fingerprint },
        'new generations use targets of other weights or another runtime',
      );
  }
}

/** One of the fingerprint that most of them have; of equals, that of the first. */
function mostCommon(targets: readonly WorkerAnnounced[]): WorkerAnnounced | undefined {
  const counts = new Map<string, number>();
  for (const { fingerprint } of targets) counts.set(fingerprint, (counts.get(fingerprint) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return targets.find(({ fingerprint }) => counts.get(fingerprint) === most);
}
