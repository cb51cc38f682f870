import { errorMessage } from '../../src/core/errors.js';
import { type Logger, silentLogger } from '../../src/core/logger.js';
import { type KeeperProcess, spawnKeeper } from './keeper-process.js';

/** After one that could not be started, or that lived no longer than this: the next one would most likely fare as it did. */
const RETRY_MS = 2000;
const SHORT_LIFE_MS = 100;

/**
 * Starts a small process that outlives this one, whatever ends it, and then ends the processes and removes the folders
 * that this one named. Throws SystemError if it does not start.
 */
export async function startKeeper(logger: Logger = silentLogger): Promise<Keeper> {
  return new Keeper(await spawnKeeper(), logger);
}

/** What a keeper is to watch. One that was killed ends nothing: another is started, and told the same. */
export class Keeper {
  private readonly processes = new Set<number>();
  private readonly folders = new Set<string>();
  private running: KeeperProcess | undefined;
  private retryTimer: NodeJS.Timeout | undefined;
  private restarting: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    first: KeeperProcess,
    private readonly logger: Logger,
  ) {
    this.rely(first);
  }

  /** Undefined while it is down. */
  get pid(): number | undefined {
    return this.running?.pid;
  }

  /** Say it right after the process was started: what has ended is not watched. */
  watchProcess(pid: number): void {
    this.processes.add(pid);
    this.running?.send({ order: 'watchProcess', pid });
  }

  /** The process has ended. */
  unwatchProcess(pid: number): void {
    this.processes.delete(pid);
    this.running?.send({ order: 'unwatchProcess', pid });
  }

  watchFolder(path: string): void {
    this.folders.add(path);
    this.running?.send({ order: 'watchFolder', path });
  }

  /** Ends the keeper, which first cleans up what is still watched. Closing twice is harmless. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async end(): Promise<void> {
    clearTimeout(this.retryTimer);
    await this.restarting;
    // Nobody else cleans up.
    if (this.running === undefined) await this.restart();
    await this.running?.end();
  }

  private rely(keeper: KeeperProcess): void {
    this.running = keeper;
    const startedAtMs = performance.now();
    for (const pid of this.processes) keeper.send({ order: 'watchProcess', pid });
    for (const path of this.folders) keeper.send({ order: 'watchFolder', path });
    void keeper.exited.then(() => {
      this.running = undefined;
      if (this.closing !== undefined) return;
      this.logger.warn({ pid: keeper.pid }, 'the keeper process died and is started again');
      if (performance.now() - startedAtMs < SHORT_LIFE_MS) this.restartLater();
      else this.restarting = this.restart();
    });
  }

  private async restart(): Promise<void> {
    try {
      const keeper = await spawnKeeper();
      this.rely(keeper);
      this.logger.info({ pid: keeper.pid }, 'the keeper process is back');
    } catch (error) {
      this.logger.error({ problem: errorMessage(error) }, 'the keeper process cannot be started again yet');
      if (this.closing === undefined) this.restartLater();
    }
  }

  private restartLater(): void {
    this.retryTimer = setTimeout(() => {
      this.restarting = this.restart();
    }, RETRY_MS).unref();
  }
}
