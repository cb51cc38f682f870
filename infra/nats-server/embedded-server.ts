import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorMessage } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import { serverConfigText } from './server-config.js';
import { describeExit, type ServerProcess, spawnServer } from './server-process.js';

const FIRST_RESTART_MS = 50;
const LONGEST_RESTART_MS = 2000;
/** A server that ran this long has started well: the next restart is quick again. */
const SETTLED_MS = 10_000;

/** Ends processes and folders for a parent that was killed; see infra/keeper. */
export interface ProcessGuard {
  watchProcess(pid: number): void;
  unwatchProcess(pid: number): void;
  watchFolder(path: string): void;
}

export interface EmbeddedServerOptions {
  /** Path or name of the nats-server binary. */
  readonly binary: string;
  readonly logger: Logger;
  readonly guard?: ProcessGuard;
  /** Turns JetStream on, with its files here. */
  readonly jetStreamFolder?: string;
  /** Called after the server died and is back. */
  readonly onRestarted?: () => void;
}

/**
 * A nats-server on loopback for this process and its children alone: free port, random credentials. When it dies
 * it is started again on the same port. Throws NatsUnavailableError if it does not start the first time.
 */
export async function startNatsServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const folder = await mkdtemp(join(tmpdir(), 'slipstream-nats-'));
  options.guard?.watchFolder(folder);
  const server = new EmbeddedServer(options, folder);
  try {
    await server.start();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return server;
}

export class EmbeddedServer {
  readonly user = 'slipstream';
  readonly password = randomBytes(24).toString('base64url');
  private running: ServerProcess | undefined;
  private restartTimer: NodeJS.Timeout | undefined;
  private restarting: Promise<void> | undefined;
  private stopping: Promise<void> | undefined;
  private fixedPort = -1;
  private delayMs = FIRST_RESTART_MS;

  constructor(
    private readonly options: EmbeddedServerOptions,
    private readonly folder: string,
  ) {}

  get port(): number {
    return this.fixedPort;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.fixedPort}`;
  }

  /** Undefined while it is down. */
  get pid(): number | undefined {
    return this.running?.pid;
  }

  async start(): Promise<void> {
    const configFile = join(this.folder, 'nats-server.conf');
    const { guard, binary, jetStreamFolder } = this.options;
    const { user, password } = this;
    await writeFile(configFile, serverConfigText({ port: this.fixedPort, user, password, jetStreamFolder }), {
      mode: 0o600,
    });
    const startedAt = performance.now();
    const started = await spawnServer(binary, configFile, (pid) => guard?.watchProcess(pid));
    this.running = started;
    this.fixedPort = started.port;
    void started.exited.then((exit) => {
      guard?.unwatchProcess(started.pid);
      this.running = undefined;
      if (this.stopping !== undefined) return;
      this.options.logger.warn(
        { problem: describeExit(exit), lastLines: exit.lastLines },
        'nats-server died and is started again',
      );
      if (performance.now() - startedAt > SETTLED_MS) this.delayMs = FIRST_RESTART_MS;
      this.restartLater();
    });
  }

  /** Ends the process and removes its folder; stopping twice is harmless. */
  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  private async end(): Promise<void> {
    clearTimeout(this.restartTimer);
    await this.restarting;
    await this.running?.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private restartLater(): void {
    this.restartTimer = setTimeout(() => {
      this.restarting = this.restart();
    }, this.delayMs);
    this.delayMs = Math.min(LONGEST_RESTART_MS, 2 * this.delayMs);
  }

  private async restart(): Promise<void> {
    try {
      await this.start();
      this.options.onRestarted?.();
    } catch (error) {
      if (this.stopping !== undefined) return;
      this.options.logger.error({ problem: errorMessage(error) }, 'nats-server cannot be restarted yet');
      this.restartLater();
    }
  }
}
