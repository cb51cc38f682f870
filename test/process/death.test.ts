import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pass } from 'node:timers/promises';
import { filter, firstValueFrom, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine, type Generation, type GenerationRequest } from '../../src/index.js';
import { compiledFile } from '../support/compiled.js';
import { writeTinyModelFolder } from '../support/tiny-model.js';
import { eventually } from './eventually.js';
import { type Household, type MemberKind, openHousehold } from './household.js';

const requests: readonly GenerationRequest[] = [
  { prompt: 'the old house by the sea', maxTokens: 240, ignoreEndTokens: true },
  {
    prompt: 'nobody knew',
    maxTokens: 240,
    temperature: 0.8,
    seed: 7,
    topK: 60,
    topP: 0.97,
    minP: 0.001,
    repetitionPenalty: 1.1,
    presencePenalty: 0.4,
    frequencyPenalty: 0.2,
    logitBias: { 0: 6, 100: -5 },
    minTokens: 150,
  },
];

const onLinux = describe.runIf(process.platform === 'linux');

onLinux('an engine whose processes are killed or stopped in the middle of generations', () => {
  const models = mkdtempSync(join(tmpdir(), 'slipstream-death-'));
  let household: Household;
  let engine: Engine;
  let undisturbed: number[][];

  beforeAll(async () => {
    const model = join(models, 'target');
    const drafter = join(models, 'drafter');
    household = openHousehold();
    await writeTinyModelFolder(model, { layers: 16 });
    await writeTinyModelFolder(drafter, { layers: 16, noise: 0.02 });
    engine = await createEngine({ model, drafter, targets: 2, lookahead: 2, threads: 1 });
    undisturbed = await Promise.all((await start('none')).map(idsOf));
  });

  afterAll(async () => {
    await engine?.close();
    household?.dissolve();
    rmSync(models, { recursive: true, force: true });
  });

  const start = (mode: 'none' | 'dsi'): Promise<Generation[]> =>
    Promise.all(requests.map((request) => engine.generate({ ...request, mode })));

  const send = (signal: NodeJS.Signals, pids: readonly (number | undefined)[]) => {
    for (const pid of pids) if (pid !== undefined) process.kill(pid, signal);
  };
  const kill = (...kinds: MemberKind[]) =>
    send(
      'SIGKILL',
      kinds.flatMap((kind) => household.pids(kind)),
    );

  /** Starts all generations, does harm when each has 20 tokens, and expects the texts to be as ever. */
  async function expectSameTexts(harm: () => unknown): Promise<void> {
    await eventually(() => engine.health().targets === 2 && engine.health().drafters === 1);
    const generations = await start('dsi');
    await Promise.all(generations.map((generation) => reaches(generation, 20)));
    expect(engine.health().running).toBe(requests.length);
    await harm();
    expect(await Promise.all(generations.map(idsOf))).toEqual(undisturbed);
  }

  it('has texts worth comparing: one of full length, one that goes on until its least length', () => {
    expect(undisturbed[0]).toHaveLength(240);
    expect(undisturbed[1]?.length).toBeGreaterThanOrEqual(150);
    expect(undisturbed[1]?.length).toBeLessThan(240);
  });

  it('finishes when a target is killed', () =>
    expectSameTexts(() => send('SIGKILL', household.pids('target').slice(0, 1))));

  it('finishes when the drafter is killed', () => expectSameTexts(() => kill('drafter')));

  it('finishes when nats-server is killed', () => expectSameTexts(() => kill('nats-server')));

  it('finishes while one target stands still', async () => {
    const stopped = household.pids('target').slice(0, 1);
    await expectSameTexts(() => send('SIGSTOP', stopped));
    send('SIGCONT', stopped);
  });

  it('finishes when all targets stand still for 3 s', () =>
    expectSameTexts(async () => {
      const stopped = household.pids('target');
      send('SIGSTOP', stopped);
      await pass(3000);
      expect(engine.health().running).toBe(requests.length);
      send('SIGCONT', stopped);
    }));

  it('finishes when every worker and nats-server are killed at once', () =>
    expectSameTexts(async () => {
      kill('target', 'drafter', 'nats-server');
      await eventually(() => engine.health().status === 'no_target');
      await eventually(() => engine.health().status === 'ready');
    }));

  it('leaves nothing behind when it is closed', async () => {
    await engine.close();
    expect(household.leftovers()).toEqual([]);
  });
});

onLinux('an engine in a process that is killed', () => {
  /** Kills a process in the middle of a generation, once it has everything, and waits until `isGone`. */
  async function kill(also: 'keeper' | undefined, isGone: (household: Household) => boolean): Promise<void> {
    const household = openHousehold();
    try {
      const parent = spawn(process.execPath, [compiledFile('test/process/engine-main.ts')], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(createInterface({ input: parent.stdout }), 'line');
      const kinds = household.members().map(({ kind }) => kind);
      expect(kinds).toEqual(expect.arrayContaining(['target', 'drafter', 'nats-server', 'keeper']));
      if (also !== undefined) for (const pid of household.pids(also)) process.kill(pid, 'SIGKILL');
      parent.kill('SIGKILL');
      await eventually(() => isGone(household));
    } finally {
      household.dissolve();
    }
  }

  it('leaves nothing behind', () => kill(undefined, (household) => household.leftovers().length === 0));

  it('leaves no process behind when its keeper is killed as well', () =>
    kill('keeper', (household) => household.members().length === 0));
});

function reaches(generation: Generation, seq: number): Promise<unknown> {
  return firstValueFrom(generation.tokens$.pipe(filter((token) => token.seq === seq)));
}

async function idsOf(generation: Generation): Promise<number[]> {
  const tokens = await firstValueFrom(generation.tokens$.pipe(toArray()));
  return tokens.map(({ token }) => token);
}
