import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cleanUp } from '../../../infra/keeper/clean-up.js';
import { startKeeper } from '../../../infra/keeper/keeper.js';
import { processIdentity } from '../../../infra/keeper/process-identity.js';
import { silentLogger } from '../../../src/core/logger.js';
import { compiledFile } from '../../support/compiled.js';
import { currentServerBinary } from '../../support/nats.js';
import { until } from '../../support/until.js';
import type { Household } from './parent-main.js';

function idleProcess(): ChildProcess & { readonly pid: number } {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  return child as ChildProcess & { readonly pid: number };
}

const isThere = (pid: number): boolean => processIdentity(pid) !== undefined;

describe('keeper', () => {
  it.each([
    ['the parent is killed', false],
    ['the keeper is, and later the parent', true],
  ])('leaves nothing of what a parent watched when %s', async (_who, killsKeeper) => {
    const parent = fork(compiledFile('test/infra/keeper/parent-main.ts'), { execArgv: [] });
    parent.send(await currentServerBinary());
    const [{ watched, unwatched, folder, keeper }] = (await once(parent, 'message')) as [Household];
    try {
      expect(watched.every(isThere)).toBe(true);
      expect(existsSync(folder)).toBe(true);
      if (killsKeeper) {
        process.kill(keeper, 'SIGKILL');
        expect((await once(parent, 'message'))[0]).toBe('kept again');
        expect(isThere(keeper)).toBe(false);
        expect(watched.every(isThere)).toBe(true);
      }
      parent.kill('SIGKILL');
      await until(() => !watched.some(isThere) && !existsSync(folder));
      expect(isThere(unwatched)).toBe(true);
    } finally {
      for (const pid of [...watched, unwatched]) if (isThere(pid)) process.kill(pid, 'SIGKILL');
    }
  });

  it('cleans up what is left when it is closed, and can be closed twice', async () => {
    const keeper = await startKeeper();
    const child = idleProcess();
    const folder = mkdtempSync(join(tmpdir(), 'slipstream-keeper-test-'));
    keeper.watchProcess(child.pid);
    keeper.watchFolder(folder);
    const exited = once(child, 'exit');
    await keeper.close();
    await keeper.close();
    expect(await exited).toEqual([null, 'SIGTERM']);
    expect(existsSync(folder)).toBe(false);
  });

  it('is started again as often as it is killed, with a warning, and is closed as the first one', async () => {
    const told: string[] = [];
    const tell = (_data: object, message: string) => told.push(message);
    const keeper = await startKeeper({ ...silentLogger, warn: tell, info: tell });
    const [early, late, ended] = [idleProcess(), idleProcess(), idleProcess()];
    for (const { pid } of [early, ended]) keeper.watchProcess(pid);
    for (const round of [1, 2]) {
      process.kill(keeper.pid as number, 'SIGKILL');
      await until(() => told.length === 2 * round);
    }
    expect(told.slice(0, 2)).toEqual([
      'the keeper process died and is started again',
      'the keeper process is back',
    ]);
    keeper.watchProcess(late.pid);
    keeper.unwatchProcess(ended.pid);
    const exits = Promise.all([once(early, 'exit'), once(late, 'exit')]);
    await keeper.close();
    expect(await exits).toEqual([
      [null, 'SIGTERM'],
      [null, 'SIGTERM'],
    ]);
    expect(isThere(ended.pid)).toBe(true);
    ended.kill('SIGKILL');
    expect(told).toHaveLength(4);
  });

  it('that is killed while it is closed is closed', async () => {
    const keeper = await startKeeper();
    const child = idleProcess();
    keeper.watchProcess(child.pid);
    const exited = once(child, 'exit');
    process.kill(keeper.pid as number, 'SIGKILL');
    await until(() => keeper.pid === undefined);
    await keeper.close();
    expect(await exited).toEqual([null, 'SIGTERM']);
  });

  it('does not touch another process that was given the same id', async () => {
    const child = idleProcess();
    await once(child, 'spawn');
    await cleanUp({ processes: new Map([[child.pid, 'another start time']]), folders: new Set() }, 100);
    expect(isThere(child.pid)).toBe(true);
    const exited = once(child, 'exit');
    await cleanUp(
      { processes: new Map([[child.pid, processIdentity(child.pid) as string]]), folders: new Set() },
      1000,
    );
    expect(await exited).toEqual([null, 'SIGTERM']);
    expect(processIdentity(child.pid)).toBeUndefined();
  });
});
