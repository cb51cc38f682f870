import { beforeEach, describe, expect, test } from 'vitest';
import { Connection, type ConnectionState, type SocketEvents } from '../../console/connection.js';

interface FakeSocket extends SocketEvents {
  readonly protocols: readonly string[];
  isClosed: boolean;
}

let sockets: FakeSocket[];
let states: ConnectionState[];
let texts: string[];
let timers: { readonly delayMs: number; readonly task: () => void; isCancelled: boolean }[];
let storedKey: string | undefined;
/** What a plain request is answered: undefined, nothing. */
let status: number | undefined;
let asked: (string | undefined)[];
let connection: Connection;

beforeEach(() => {
  [sockets, states, texts, timers, asked] = [[], [], [], [], []];
  storedKey = undefined;
  status = undefined;
  connection = new Connection(
    {
      openSocket: (protocols, events) => {
        const socket = { ...events, protocols, isClosed: false };
        sockets.push(socket);
        return { close: () => Object.assign(socket, { isClosed: true }) };
      },
      ask: (key) => {
        asked.push(key);
        return status === undefined ? Promise.reject(new TypeError('no answer')) : Promise.resolve(status);
      },
      schedule: (delayMs, task) => {
        const timer = { delayMs, task, isCancelled: false };
        timers.push(timer);
        return () => Object.assign(timer, { isCancelled: true });
      },
      random: () => 0,
      keys: {
        load: () => storedKey,
        store: (key) => {
          storedKey = key;
        },
      },
    },
    { state: (state) => void states.push(state), text: (text) => void texts.push(text) },
  );
  connection.connect();
});

const socket = () => sockets.at(-1) as FakeSocket;

/** Until what was asked has been answered. */
async function refused(answer: number | undefined): Promise<void> {
  status = answer;
  socket().closed();
  await new Promise(setImmediate);
}

describe('a connection', () => {
  test('hands over what it is told', () => {
    socket().opened();
    socket().text('{}');
    expect(states).toEqual([{ kind: 'connecting' }, { kind: 'open' }]);
    expect(texts).toEqual(['{}']);
    expect(socket().protocols).toEqual(['slipstream.v1']);
  });

  test('that is lost is begun again, less and less often until something is told again', async () => {
    socket().opened();
    socket().closed();
    expect(states.at(-1)).toEqual({ kind: 'waiting', why: 'lost', retryMs: 500 });
    for (let failure = 0; failure < 6; failure++) {
      timers.at(-1)?.task();
      await refused(undefined);
    }
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
    expect(states.at(-1)).toEqual({ kind: 'waiting', why: 'unreachable', retryMs: 15_000 });
    timers.at(-1)?.task();
    socket().opened();
    socket().text('{}');
    socket().closed();
    expect(timers.at(-1)?.delayMs).toBe(500);
  });

  test('that a server with keys refuses waits for one, and presents it', async () => {
    await refused(401);
    expect(states.at(-1)).toEqual({ kind: 'keyNeeded', wrong: false });
    expect(timers).toEqual([]);
    connection.enterKey(' a-good-key?> ');
    expect(storedKey).toBe('a-good-key?>');
    const encoded = Buffer.from('a-good-key?>').toString('base64url');
    expect(socket().protocols).toEqual(['slipstream.v1', `slipstream.key.${encoded}`]);
    await refused(401);
    expect(asked).toEqual([undefined, 'a-good-key?>']);
    expect(states.at(-1)).toEqual({ kind: 'keyNeeded', wrong: true });
  });

  test.each(['', 'two words', 'a,b', 'schlüssel'])('takes no key that no server has: "%s"', async (key) => {
    await refused(401);
    connection.enterKey(key);
    expect(states.at(-1)).toEqual({ kind: 'keyNeeded', wrong: true });
    expect(sockets).toHaveLength(1);
    expect(storedKey).toBeUndefined();
  });

  test('that is refused for another reason is tried again', async () => {
    await refused(426);
    expect(states.at(-1)).toEqual({ kind: 'waiting', why: 'refused', retryMs: 500 });
  });

  test('hears no socket but the newest', async () => {
    const [first] = sockets as [FakeSocket];
    connection.enterKey('another-key');
    expect(first.isClosed).toBe(true);
    const before = states.length;
    first.opened();
    first.text('late');
    first.closed();
    await new Promise(setImmediate);
    expect(texts).toEqual([]);
    expect(states).toHaveLength(before);
    expect(asked).toEqual([]);
  });

  test('that is begun by hand is not begun once more when its time comes', () => {
    socket().opened();
    socket().closed();
    connection.enterKey('a-good-key');
    expect(timers[0]?.isCancelled).toBe(true);
  });
});
