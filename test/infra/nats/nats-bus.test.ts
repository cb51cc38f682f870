import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitBlocking } from '../../../infra/clock/blocking-wait.js';
import { createRealScheduler } from '../../../infra/clock/real-scheduler.js';
import { connectNatsBus } from '../../../infra/nats/connect-bus.js';
import { nodeConnectionOptions } from '../../../infra/nats/connection-options.js';
import { dial } from '../../../infra/nats/dial.js';
import { NatsBus } from '../../../infra/nats/nats-bus.js';
import type { EmbeddedServer } from '../../../infra/nats-server/embedded-server.js';
import { NatsUnavailableError } from '../../../src/core/errors.js';
import { type Logger, silentLogger } from '../../../src/core/logger.js';
import { createSubjects } from '../../../src/core/subjects.js';
import { connectTestBus, currentServerBinary, startTestServer } from '../../support/nats.js';
import { until } from '../../support/until.js';
import { committed, subscribed } from '../bus-contract.js';

const subjects = createSubjects();
const tokens = subjects.generationTokens('g1');

describe('NATS bus', () => {
  let binary: string;
  let server: EmbeddedServer;
  let bus: NatsBus;
  let news: string[];
  let problems: string[];
  const note = (_: object, message: string) => void problems.push(message);
  const logger: Logger = {
    ...silentLogger,
    info: (_, message) => void news.push(message),
    warn: note,
    error: note,
  };

  beforeAll(async () => {
    binary = await currentServerBinary();
  });
  beforeEach(async () => {
    news = [];
    problems = [];
    server = await startTestServer({ binary });
    bus = await connectTestBus(server, { logger });
  });
  afterEach(async () => {
    await bus.close();
    await server.stop();
  });

  it('has sent everything after a flush, however much it was', async () => {
    const listener = await connectTestBus(server);
    let heard = 0;
    listener.subscribe(tokens, () => heard++);
    await subscribed(listener, { until });
    for (let seq = 0; seq < 20_000; seq++) bus.publish(tokens, committed(seq));
    await new Promise<void>((resolve) => bus.flush(resolve));
    await until(() => heard === 20_000);
    await listener.close();
  });

  it('is disconnected while the server is gone, loses what is published then, and goes on afterwards', async () => {
    const statuses: string[] = [];
    const heard: unknown[] = [];
    bus.onStatus((status) => statuses.push(status));
    bus.subscribe(tokens, ({ message }) => heard.push(message));
    process.kill(server.pid as number, 'SIGKILL');
    await until(() => statuses.includes('disconnected'));
    expect(bus.status).toBe('disconnected');
    bus.publish(tokens, committed(1));
    let outcome = '';
    bus.request(subjects.workerSession('w1'), committed(1), 50, ({ kind }) => {
      outcome = kind;
    });
    let flushed = false;
    bus.flush(() => {
      flushed = true;
    });
    await until(() => outcome !== '' && flushed);
    expect(outcome).toBe('timeout');
    await until(() => statuses.includes('connected'));
    expect(bus.status).toBe('connected');
    bus.publish(tokens, committed(2));
    await until(() => heard.length > 0);
    expect(heard).toEqual([committed(2)]);
    expect(statuses).toEqual(['disconnected', 'connected']);
    expect(problems).toEqual(['connection to NATS is lost']);
    expect(news).toEqual(['connected to NATS', 'connection to NATS is back']);
  });

  it('names in the log the server of the connection that was lost', async () => {
    const scheduler = createRealScheduler();
    const other = await startTestServer({ binary });
    const open = ({ url, user, password }: EmbeddedServer) =>
      dial(
        nodeConnectionOptions(
          { servers: [url], name: 'test', user, password, subjectPrefix: 'test' },
          'test',
        ),
        1000,
        scheduler,
      );
    const lost: object[] = [];
    const ports = { scheduler, logger: { ...logger, warn: (about: object) => void lost.push(about) } };
    const split = new NatsBus(ports, 'test', await open(server), await open(other));
    await other.stop();
    await until(() => lost.length > 0);
    expect(lost).toEqual([{ server: new URL(other.url).host }]);
    await split.close();
  });

  it('stays connected when this thread blocks for longer than the ping interval, again and again', async () => {
    const blocked = await connectTestBus(server, { pingIntervalMs: 20 });
    const statuses: string[] = [];
    blocked.onStatus((status) => statuses.push(status));
    const scheduler = createRealScheduler();
    for (let pass = 0; pass < 8; pass++) {
      waitBlocking(50);
      await new Promise<void>((resolve) => scheduler.schedule(0, resolve));
    }
    expect(statuses).toEqual([]);
    await blocked.close();
  });

  it('can be closed while the server is gone', async () => {
    const statuses: string[] = [];
    bus.onStatus((status) => statuses.push(status));
    await server.stop();
    await until(() => statuses.includes('disconnected'));
    await bus.close();
    expect(statuses).toEqual(['disconnected', 'closed']);
  });

  it('keeps its connection when a message is larger than the server takes, and says so', async () => {
    const heard: unknown[] = [];
    bus.subscribe(tokens, ({ message }) => heard.push(message));
    bus.publish(tokens, {
      type: 'verdict.returned',
      generation: 'g1',
      worker: 'w1',
      job: 0,
      epoch: 0,
      position: 1,
      ids: [1],
      pathHashes: new Array<string>(70_000).fill('0123456789abcdef'),
      startedAtMs: 0,
      forwardMs: 0,
      tokensIngested: 0,
      committedPosition: 0,
      done: true,
    });
    bus.publish(tokens, committed(0));
    await until(() => heard.length > 0);
    expect(heard).toEqual([committed(0)]);
    expect(problems).toEqual(['message lost: larger than the NATS server takes (max_payload)']);
  });

  it('rejects and counts what other programs publish on its subjects', async () => {
    const heard: unknown[] = [];
    bus.subscribe(tokens, ({ message }) => heard.push(message));
    await subscribed(bus, { until });
    bus.controlConnection.publish(tokens, 'not a message');
    bus.controlConnection.publish(tokens);
    await bus.controlConnection.flush();
    bus.publish(tokens, committed(0));
    await until(() => heard.length > 0);
    expect(bus.rejectedMessages).toBe(2);
  });

  it('says at once that the server refuses the credentials', async () => {
    const startMs = performance.now();
    await expect(connectTestBus(server, { password: 'wrong', connectTimeoutMs: 20_000 })).rejects.toThrow(
      new NatsUnavailableError(`NATS server ${server.url} refuses the credentials given`),
    );
    expect(performance.now() - startMs).toBeLessThan(5000);
  });

  it('says within its time that no server answers, with the address but no password', async () => {
    const { port } = server;
    await server.stop();
    const connect = connectNatsBus(
      {
        servers: [`nats://me:secret@127.0.0.1:${port}`],
        name: 'test',
        subjectPrefix: 'dsi.v1',
        connectTimeoutMs: 300,
      },
      { logger: silentLogger, scheduler: createRealScheduler() },
    );
    const error = await connect.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(NatsUnavailableError);
    expect(String(error)).toContain(`127.0.0.1:${port} cannot be reached`);
    expect(String(error)).not.toContain('secret');
  });

  it('says which credentials file cannot be read', async () => {
    await expect(connectTestBus(server, { credentialsFile: '/no/such.creds' })).rejects.toThrow(
      /credentials file.*\/no\/such\.creds/,
    );
  });

  it('waits for a server that is just starting', async () => {
    const statuses: string[] = [];
    bus.onStatus((status) => statuses.push(status));
    process.kill(server.pid as number, 'SIGKILL');
    await until(() => statuses.includes('disconnected'));
    const connected = await connectTestBus(server);
    await connected.close();
  });
});
