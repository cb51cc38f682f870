import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { errorMessage, SystemError } from '../../src/core/errors.js';
import { nodeArguments } from '../node-entry/node-entry.js';
import { KEEPER_READY, type KeeperOrder } from './protocol.js';

const READY_WITHIN_MS = 10_000;

/** One keeper, which ends only when its pipe does, or is killed. */
export interface KeeperProcess {
  readonly pid: number;
  readonly exited: Promise<void>;
  send(order: KeeperOrder): void;
  /** Has it clean up and end. */
  end(): Promise<void>;
}

/** Throws SystemError if it does not start. */
export async function spawnKeeper(): Promise<KeeperProcess> {
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
  const hasEnded = child.exitCode !== null || child.signalCode !== null;
  const exited = hasEnded ? Promise.resolve() : once(child, 'exit').then(() => {});
  child.unref();
  const pipe = child.stdin as Socket;
  pipe.unref();
  // A keeper that died cannot be told anything: the pipe's errors must not end this process.
  pipe.on('error', () => {});
  return {
    pid: child.pid as number,
    exited,
    send: (order) => {
      if (pipe.writable) pipe.write(`${JSON.stringify(order)}\n`);
    },
    end: () => {
      child.ref();
      pipe.end();
      return exited;
    },
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
