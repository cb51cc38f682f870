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
  /** Whether this engine starts targets, and starts them again when they end. */
  readonly startsTargets: boolean;
}

/**
 * Keeps targets apart that share a model's name and not its numbers: other weights, another runtime, another kind of
 * processor. What a target says after a path is its fingerprint's word alone, so a generation uses targets of one
 * fingerprint from its beginning to its end. New ones use that of most targets that are up, of equals the one in use, so
 * that neither who was heard first nor one host that was left behind decides for many. Own targets come before others: new
 * generations wait for the first to be started again, unless others of the fingerprint in use are up. What one that began
 * while none was up uses is decided when the first comes.
 */
export class TargetPin {
  /** The target of the fingerprint in use that joined last, up or not. */
  private used: WorkerAnnounced | undefined;
  private awaitsOwn: boolean;
  /** Targets whose being left out was logged. */
  private readonly leftOut = new Set<string>();
  /** Generations that wait for a first target. */
  private readonly undecided = new Set<() => void>();
  private readonly stop: Cancel;

  constructor(private readonly options: TargetPinOptions) {
    this.awaitsOwn = options.startsTargets;
    this.stop = options.directory.listen((event) => {
      if (event.type === 'worker.lost') this.lost(event.worker);
      if (event.type === 'worker.joined' && event.announced.role === 'target') this.joined(event.announced);
    });
    this.choose();
  }

  /** One of the targets that are or were in use; undefined: none was ever. */
  get target(): WorkerAnnounced | undefined {
    return this.used;
  }

  /** Workers that a generation would use that began now. */
  list(): WorkerAnnounced[] {
    return this.listOf(this.used?.fingerprint);
  }

  /** What a generation that begins now uses until it ends. */
  forGeneration(): GenerationWorkers {
    let pinned = this.fingerprintUp();
    return {
      list: () => this.listOf(pinned),
      listen: (listener) => {
        const decide = () => {
          pinned = this.fingerprintUp();
          if (pinned === undefined) return;
          this.undecided.delete(decide);
          for (const announced of this.listOf(pinned))
            if (announced.role === 'target') listener({ type: 'worker.joined', announced });
        };
        if (pinned === undefined) this.undecided.add(decide);
        const stop = this.options.directory.listen((event) => {
          const isTarget = event.type === 'worker.joined' && event.announced.role === 'target';
          if (!isTarget) listener(event);
          else if (pinned === undefined) decide();
          else if (event.announced.fingerprint === pinned) listener(event);
        });
        return () => {
          stop();
          this.undecided.delete(decide);
        };
      },
    };
  }

  /** No own target is started again. */
  ownGivenUp(): void {
    this.awaitsOwn = false;
    this.choose();
    for (const decide of [...this.undecided]) decide();
  }

  close(): void {
    this.stop();
  }

  /** The fingerprint in use; undefined: none of its targets is up. */
  private fingerprintUp(): string | undefined {
    const fingerprint = this.used?.fingerprint;
    const isUp = this.list().some((worker) => worker.role === 'target');
    return isUp ? fingerprint : undefined;
  }

  private listOf(fingerprint: string | undefined): WorkerAnnounced[] {
    return this.options.directory
      .list()
      .filter((worker) => worker.role !== 'target' || worker.fingerprint === fingerprint);
  }

  private joined(announced: WorkerAnnounced): void {
    if (announced.fingerprint === this.used?.fingerprint) this.used = announced;
    this.choose();
  }

  private lost(worker: string): void {
    this.leftOut.delete(worker);
    this.choose();
  }

  private choose(): void {
    const targets = this.options.directory.list().filter(({ role }) => role === 'target');
    const own = targets.filter(this.options.isOwn);
    if (own.length > 0) this.use(mostCommon(own, this.used?.fingerprint));
    else if (!this.awaitsOwn) this.use(mostCommon(targets, this.used?.fingerprint));
    if (this.used !== undefined) this.warnOfOthers(targets, this.used.fingerprint);
  }

  private use(next: WorkerAnnounced | undefined): void {
    const before = this.used?.fingerprint;
    if (next === undefined || next.fingerprint === before) return;
    this.used = next;
    if (before !== undefined)
      this.options.logger.warn(
        { model: next.model, fingerprint: next.fingerprint, before },
        'new generations use targets of other weights or another runtime',
      );
  }

  private warnOfOthers(targets: readonly WorkerAnnounced[], used: string): void {
    for (const { worker, model, fingerprint } of targets) {
      if (fingerprint === used) this.leftOut.delete(worker);
      else if (!this.leftOut.has(worker)) {
        this.leftOut.add(worker);
        this.options.logger.warn(
          { worker, model, fingerprint, used },
          'target is not used: its weights or its runtime are not those of the targets in use',
        );
      }
    }
  }
}

/** One of the fingerprint that most of them have; of equals, the one in use, else that of the first. */
function mostCommon(
  targets: readonly WorkerAnnounced[],
  inUse: string | undefined,
): WorkerAnnounced | undefined {
  const counts = new Map<string, number>();
  for (const { fingerprint } of targets) counts.set(fingerprint, (counts.get(fingerprint) ?? 0) + 1);
  const most = Math.max(...counts.values());
  const common = targets.filter(({ fingerprint }) => counts.get(fingerprint) === most);
  return common.find(({ fingerprint }) => fingerprint === inUse) ?? common[0];
}
