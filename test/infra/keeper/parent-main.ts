import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKeeper } from '../../../infra/keeper/keeper.js';
import { startNatsServer } from '../../../infra/nats-server/embedded-server.js';
import { silentLogger } from '../../../src/core/logger.js';

/** A process that starts children under a keeper, says which and when another keeper has taken over, and waits to be killed. */
export interface Household {
  /** End on SIGTERM, do not end on SIGTERM, and the nats-server. */
  readonly watched: readonly number[];
  readonly unwatched: number;
  readonly folder: string;
  readonly keeper: number;
}

/** Runs a script that says when it has begun to wait. */
async function node(script: string): Promise<number> {
  const wait = "setInterval(() => {}, 1000); process.stdout.write('waiting')";
  const child = spawn(process.execPath, ['-e', `${script}; ${wait}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  await once(child.stdout, 'data');
  return child.pid as number;
}

process.once('message', async (binary: string) => {
  const keeper = await startKeeper({ ...silentLogger, info: () => process.send?.('kept again') });
  const server = await startNatsServer({ binary, logger: silentLogger, guard: keeper });
  const obedient = await node('');
  const stubborn = await node("process.on('SIGTERM', () => {})");
  const unwatched = await node('');
  const folder = mkdtempSync(join(tmpdir(), 'slipstream-keeper-test-'));
  writeFileSync(join(folder, 'file'), 'text');
  for (const pid of [obedient, stubborn, unwatched]) keeper.watchProcess(pid);
  keeper.unwatchProcess(unwatched);
  keeper.watchFolder(folder);
  const watched = [obedient, stubborn, server.pid as number];
  const household: Household = { watched, unwatched, folder, keeper: keeper.pid as number };
  process.send?.(household);
});
