import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from './process-identity.js';

const LOOK_EVERY_MS = 20;

/** What a parent leaves behind: processes with the identity they had when they were named, and folders. */
interface Leftovers {
  readonly processes: ReadonlyMap<number, string>;
  readonly folders: ReadonlySet<string>;
}

/** Ends the processes, by force after `graceMs`, and then removes the folders. */
export async function cleanUp({ processes, folders }: Leftovers, graceMs: number): Promise<void> {
  const alive = (): number[] =>
    [...processes].filter(([pid, identity]) => processIdentity(pid) === identity).map(([pid]) => pid);
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    for (const pid of alive()) send(pid, signal);
    const untilMs = performance.now() + graceMs;
    while (alive().length > 0 && performance.now() < untilMs) await sleep(LOOK_EVERY_MS);
  }
  for (const folder of folders) await rm(folder, { recursive: true, force: true }).catch(() => {});
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in between.
  }
}
