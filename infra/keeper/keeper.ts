import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { errorMessage, SystemError } from '../../src/core/errors.js';
import { nodeArguments } from '../node-entry/node-entry.js';
import { KEEPER_READY, type KeeperOrder } from './protocol.js';

const READY_WITHIN_MS = 10_000;

/**
 * A small process that outlives this one, whatever ends it, and then ends the processes and removes the folders
 * that this one named.
 */
export interface Keeper {
  /** Say it right after the process was started: what has ended is not watched. */
  watchProcess(pid: number): void;
  /** The process has ended. */
  unwatchProcess(pid: number): void;
  watchFolder(path: string): void;
  /** Ends the keeper, which first cleans up what is still watched. Closing twice is harmless. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Throws SystemError if the keeper does not start. */
export async function startKeeper(): Promise<Keeper> {
  const child = spawn(
    process.execPath,
    nodeArguments(new URL('./keeper-main.js', import.meta.url)),
    // In a session of its own, out of reach of a terminal's signals.
    { stdio: ['pipe', 'pipe', 'ignore'], detached: true },
  );
  try {
    await ready(child);
  } catch (error) {
    child.kill('SIGKILL');
    throw new SystemError(`the keeper process does not start: ${errorMessage(error)}`, { cause: error });
  }
  const exited = child.exitCode === null ? once(child, 'exit').then(() => {}) : Promise.resolve();
  child.unref();
  const pipe = child.stdin as Socket;
  pipe.unref();
  // A keeper that died cannot be told anything: the pipe's errors must not end this process.
  pipe.on('error', () => {});
  const send = (order: KeeperOrder): void => {
    if (pipe.writable) pipe.write(`${JSON.stringify(order)}\n`);
  };
  const close = (): Promise<void> => {
    child.ref();
    pipe.end();
    return exited;
  };
  return {
    watchProcess: (pid) => send({ order: 'watchProcess', pid }),
    unwatchProcess: (pid) => send({ order: 'unwatchProcess', pid }),
    watchFolder: (path) => send({ order: 'watchFolder', path }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function ready(child: ChildProcess): Promise<void> {
  const output = child.stdout as Socket;
  const signal = AbortSignal.timeout(READY_WITHIN_MS);
  const ended = once(child, 'exit', { signal }).then(() => Promise.reject(new Error('it ended at once')));
  ended.catch(() => {});
  const [chunk] = (await Promise.race([once(output, 'data', { signal }), ended])) as [Buffer];
  if (chunk.toString().trim() !== KEEPER_READY) throw new Error('it says something unexpected');
  output.destroy();
}
