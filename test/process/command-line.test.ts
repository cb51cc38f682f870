import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddedServer } from '../../infra/nats-server/embedded-server.js';
import { startTestServer } from '../support/nats.js';
import { StreamClient } from '../support/stream-client.js';
import { writeTinyModelFolder } from '../support/tiny-model.js';
import { type Household, openHousehold } from './household.js';
import { type Command, type Ended, slipstream } from './slipstream.js';

const CONTEXT = 64;
/** A whole text takes longer than a second, in which every worker announces itself: all are heard before it ends. */
const MODEL = `sim:target?ms=40&context=${CONTEXT}`;
const DRAFTER = 'sim:drafter?ms=1&acceptance=0.8';

interface TraceEvent {
  readonly name: string;
  readonly tid: number;
}

/** Exactly one line for people, and no stack. */
const oneLine = (text: string | RegExp) => {
  const source = typeof text === 'string' ? text : text.source;
  return expect.stringMatching(new RegExp(`^slipstream: [^\\n]*${source}[^\\n]*\\n$`));
};

describe('slipstream with workers that were started by hand', () => {
  const models = mkdtempSync(join(tmpdir(), 'slipstream-command-line-'));
  let server: EmbeddedServer;
  let secrets: Record<string, string>;
  let workers: Command[];
  let taken: Server;
  /** Commands that give up after seconds; the rest goes on meanwhile. */
  let waiting: Record<'lonely' | 'unheard' | 'misdirected', Command>;

  const generate = (...args: string[]): Promise<Ended> =>
    slipstream(['generate', '--nats', server.url, '--model', MODEL, '--drafter', DRAFTER, ...args], secrets)
      .ended;

  beforeAll(async () => {
    server = await startTestServer();
    secrets = { SLIPSTREAM_NATS_USER: server.user, SLIPSTREAM_NATS_PASSWORD: server.password };
    workers = [MODEL, MODEL, DRAFTER].map((model) => {
      const role = model === DRAFTER ? 'drafter' : 'target';
      return slipstream(['worker', '--nats', server.url, '--role', role, '--model', model], secrets);
    });
    taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const quiet = ['--drafter', 'none', '--prompt', 'a', '--log-level', 'error'];
    waiting = {
      lonely: slipstream(['generate', '--nats', server.url, '--model', 'sim:target?ms=7', ...quiet], secrets),
      unheard: slipstream(['generate', '--nats', 'nats://127.0.0.1:1', '--model', MODEL, ...quiet]),
      misdirected: slipstream(['generate', '--nats', `nats://127.0.0.1:${port}`, '--model', MODEL, ...quiet]),
    };
  });

  afterAll(async () => {
    for (const { child } of [...workers, ...Object.values(waiting ?? {})]) child.kill('SIGKILL');
    taken?.close();
    await server?.stop();
    rmSync(models, { recursive: true, force: true });
  });

  it('gives the same ids in every mode, until the context is full', async () => {
    const all = await Promise.all(
      ['none', 'si', 'dsi'].map((mode) =>
        generate('--mode', mode, '--json', '--prompt', 'the old sailor', '--max-tokens', '5000'),
      ),
    );
    expect(all.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(3).fill({ code: 0, stderr: '' }));
    const objects = all.map(({ stdout }) => JSON.parse(stdout));
    for (const object of objects) {
      expect(object.token_ids).toEqual(objects[0].token_ids);
      expect(object.token_ids).toHaveLength(CONTEXT - 3);
      expect(object.finish_reason).toBe('length');
    }
    expect(objects.map(({ speculation }) => speculation.mode)).toEqual(['none', 'si', 'dsi']);
  });

  it.concurrent('ends quietly when nobody reads any more', async () => {
    const command = slipstream(
      [
        'generate',
        '--nats',
        server.url,
        '--model',
        MODEL,
        '--drafter',
        DRAFTER,
        '--prompt',
        'the old sailor',
      ],
      secrets,
    );
    await once(command.child.stdout, 'data');
    command.child.stdout.destroy();
    const { code, stderr } = await command.ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^\d+ tokens \([a-z]+\)[^\n]*\n$/);
  });

  it.concurrent.each([
    ['an empty prompt', ['--prompt', ''], 2, '--prompt'],
    ['a prompt beyond the context', ['--prompt', 'again '.repeat(200)], 2, 'prompt is 200 tokens long'],
    ['a model that is not there', ['--prompt', 'a', '--model', '/no/such/model'], 1, 'was not found'],
  ])('refuses %s in one line', async (_, args, exitCode, text) => {
    const { code, stdout, stderr } = await generate(...args);
    expect({ code, stdout, stderr }).toEqual({ code: exitCode, stdout: '', stderr: oneLine(text) });
  });

  it.concurrent('names the first token in which a drafter differs from the target', async () => {
    const target = join(models, 'target');
    const drafter = join(models, 'drafter');
    await writeTinyModelFolder(target);
    await writeTinyModelFolder(drafter, { vocabularySize: 400 });
    const { code, stderr } = await generate('--model', target, '--drafter', drafter, '--prompt', 'a');
    expect(stderr).toEqual(oneLine('token'));
    expect(code).toBe(1);
  });

  it.each([
    ['nobody listens', 'unheard'],
    ['somebody listens who is no NATS server', 'misdirected'],
  ] as const)('says that NATS cannot be reached when %s', async (_, which) => {
    expect(await waiting[which].ended).toMatchObject({ code: 1, stdout: '', stderr: oneLine('NATS server') });
  });

  it.concurrent('says that the port is in use', async () => {
    const { port } = taken.address() as AddressInfo;
    const { code, stderr } = await slipstream(
      [
        'serve',
        '--nats',
        server.url,
        '--model',
        MODEL,
        '--drafter',
        DRAFTER,
        '--port',
        String(port),
        '--log-level',
        'error',
      ],
      secrets,
    ).ended;
    expect(stderr).toEqual(oneLine(`${port}`));
    expect(code).toBe(1);
  });

  it('serves, and finishes what runs when it is told to end', async () => {
    const serve = slipstream(
      ['serve', '--nats', server.url, '--model', MODEL, '--drafter', DRAFTER, '--port', '0'],
      secrets,
    );
    const url = /on http:\/\/127\.0\.0\.1:(\d+)/.exec(await serve.said('\n'));
    const client = await StreamClient.open(Number(url?.[1]));
    const id = await client.create({ prompt: 'the old sailor', max_tokens: 60 });
    await client.frame('token', ({ seq }) => seq === 5);
    serve.child.kill('SIGTERM');
    const { finish_reason } = await client.frame('generation.finished');
    expect(finish_reason).toBe('length');
    expect(client.tokens(id)).toHaveLength(60);
    expect(await serve.ended).toMatchObject({ code: 0 });
  });

  it('drains workers when they are told to end', async () => {
    for (const { child } of workers) child.kill('SIGTERM');
    const ends = await Promise.all(workers.map(({ ended }) => ended));
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
  });

  it('says which worker is missing when none is heard of', async () => {
    expect(await waiting.lonely.ended).toMatchObject({
      code: 1,
      stderr: oneLine('no target with model sim:target'),
    });
  });
});

describe.runIf(process.platform === 'linux')('slipstream with processes of its own', () => {
  let household: Household;
  beforeAll(() => {
    household = openHousehold();
  });
  afterAll(() => household?.dissolve());

  it('lets several drafters guess for one target', async () => {
    const trace = join(mkdtempSync(join(tmpdir(), 'trace-')), 'trace.json');
    const generate = (...args: string[]) =>
      slipstream([
        ...['generate', '--model', 'sim:target?ms=5', '--prompt', 'the sea and the old sea and the'],
        ...['--max-tokens', '60', '--json', ...args],
      ]).ended;
    const drafters = `ngram,${DRAFTER},sim:drafter?ms=2&acceptance=0.9`;
    const together = await generate('--drafter', drafters, '--trace', trace);
    const alone = JSON.parse((await generate('--drafter', 'none')).stdout);
    expect(JSON.parse(together.stdout)).toMatchObject({ drafter: drafters, token_ids: alone.token_ids });
    const { traceEvents } = JSON.parse(readFileSync(trace, 'utf8'));
    rmSync(dirname(trace), { recursive: true });
    const tracks = (kind: string) =>
      new Set(traceEvents.flatMap(({ name, tid }: TraceEvent) => (name === kind ? [tid] : []))).size;
    expect({ readers: tracks('prefill'), drafting: tracks('draft') >= 2 }).toEqual({
      readers: 4,
      drafting: true,
    });
    expect(household.leftovers()).toEqual([]);
  });

  it('is interrupted in the middle of a generation, and leaves nothing behind', async () => {
    const command = slipstream([
      'generate',
      '--model',
      'sim:target?ms=5',
      '--drafter',
      DRAFTER,
      '--prompt',
      'the long road',
      '--max-tokens',
      '100000',
    ]);
    await once(command.child.stdout, 'data');
    expect(household.pids('nats-server')).toHaveLength(1);
    command.child.kill('SIGINT');
    const { code, stderr } = await command.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/^\d+ tokens? \(cancelled\)[^\n]*\n$/);
    expect(household.leftovers()).toEqual([]);
  });
});
