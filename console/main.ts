import { Connection, type ConnectionState } from './connection.js';
import { ConsoleModel } from './model.js';
import { Page } from './page.js';
import { parseFrame } from './parse-frame.js';

const KEY_ITEM = 'slipstream.key';
const DRAW_MS = 100;
const TIMELINE_MS = 30;

/** Beside the page, so that it works behind a proxy that serves it under another path. */
const charts = new URL('v1/inspect', location.href);
const socketUrl = new URL(charts);
socketUrl.protocol = charts.protocol === 'https:' ? 'wss:' : 'ws:';

const model = new ConsoleModel();
let state: ConnectionState = { kind: 'connecting' };

const connection = new Connection(
  {
    openSocket: (protocols, events) => {
      const socket = new WebSocket(socketUrl, protocols);
      socket.addEventListener('open', () => events.opened());
      socket.addEventListener('message', ({ data }) => events.text(String(data)));
      socket.addEventListener('close', () => events.closed());
      return socket;
    },
    ask: async (key) => {
      const headers: HeadersInit = key === undefined ? {} : { authorization: `Bearer ${key}` };
      const { status } = await fetch(charts, { headers, cache: 'no-store' });
      return status;
    },
    schedule: (delayMs, task) => {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
    random: Math.random,
    keys: {
      load: () => sessionStorage.getItem(KEY_ITEM) ?? undefined,
      store: (key) => sessionStorage.setItem(KEY_ITEM, key),
    },
  },
  {
    state: (next) => {
      state = next;
      if (next.kind === 'open') model.connected(Date.now());
    },
    text: (text) => {
      const frame = parseFrame(text);
      if (frame !== undefined) model.apply(frame, Date.now());
    },
  },
);

const page = new Page(document, model, (key) => connection.enterKey(key));

// Frames come faster than eyes follow, and while nobody sees the page nothing is drawn.
let [drawnAtMs, timelineAtMs] = [0, 0];
function draw(): void {
  const nowMs = Date.now();
  if (Math.abs(nowMs - timelineAtMs) >= TIMELINE_MS) {
    timelineAtMs = nowMs;
    page.drawTimeline(nowMs);
  }
  if (Math.abs(nowMs - drawnAtMs) >= DRAW_MS) {
    drawnAtMs = nowMs;
    page.draw(state, nowMs);
  }
  requestAnimationFrame(draw);
}

connection.connect();
requestAnimationFrame(draw);
