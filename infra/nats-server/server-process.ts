import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { errorMessage, NatsUnavailableError } from '../../src/core/errors.js';

const LISTENING = /Listening for client connections on .*:(\d+)$/;
/** Of interest to no error message. */
const DETAIL = / \[DBG\] /;
const READY = /Server is ready$/;
/** Of what the server says, this much is kept for an error message. */
const KEPT_LINES = 20;
const READY_WITHIN_MS = 10_000;
const STOP_WITHIN_MS = 3000;

export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lastLines: readonly string[];
}

/** One running nats-server. */
export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  readonly exited: Promise<ServerExit>;
  /** Ends it, by force after 3 s. */
  stop(): Promise<void>;
}

/** Resolves when clients can connect. Throws NatsUnavailableError with the server's last lines. */
export async function spawnServer(
  binary: string,
  configFile: string,
  onSpawn: (pid: number) => void,
): Promise<ServerProcess> {
  // In a session of its own: an interrupt typed at the terminal must not end it before its clients.
  const child = spawn(binary, ['-c', configFile], { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const lastLines: string[] = [];
  const exited = new Promise<ServerExit>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, lastLines: [errorMessage(error)] }));
    child.once('exit', (code, signal) => resolve({ code, signal, lastLines }));
  });
  if (child.pid !== undefined) onSpawn(child.pid);
  const port = await new Promise<number>((resolve, reject) => {
    let listening = 0;
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (!DETAIL.test(line)) lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
      listening = Number(LISTENING.exec(line)?.[1] ?? listening);
      if (READY.test(line) && listening > 0) settle(() => resolve(listening));
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      settle(() => reject(notStarted(binary, `it was not ready within ${READY_WITHIN_MS / 1000} s`)));
    }, READY_WITHIN_MS);
    const settle = (outcome: () => void): void => {
      clearTimeout(timer);
      outcome();
    };
    void exited.then((exit) =>
      settle(() => reject(notStarted(binary, exit.lastLines.at(-1) ?? describeExit(exit)))),
    );
  });
  return { pid: child.pid as number, port, exited, stop: () => stopChild(child, exited) };
}

export function describeExit({ code, signal }: ServerExit): string {
  return signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`;
}

async function stopChild(child: ChildProcess, exited: Promise<ServerExit>): Promise<void> {
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await exited;
  clearTimeout(timer);
}

function notStarted(binary: string, why: string): NatsUnavailableError {
  return new NatsUnavailableError(`nats-server (${binary}) does not start: ${why}`);
}
