import { readFileSync } from 'node:fs';
import { parseHTML } from 'linkedom';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ConnectionState } from '../../console/connection.js';
import { ConsoleModel } from '../../console/model.js';
import { Page } from '../../console/page.js';
import { parseFrame } from '../../console/parse-frame.js';
import type { ChartBatch, ChartFrame } from '../../src/core/chart-frames.js';
import { actorFrame, eventFrame, machineFrames, messages, snapshotFrame, spanFrame } from './wire.js';

const html = readFileSync(new URL('../../console/index.html', import.meta.url), 'utf8');

let document: Document;
let model: ConsoleModel;
let page: Page;
let keys: string[];
beforeEach(() => {
  document = parseHTML(html).document as unknown as Document;
  model = new ConsoleModel();
  keys = [];
  page = new Page(document, model, (key) => void keys.push(key));
});

/** Hands the page what a server sends. */
function tell(nowMs: number, frames: readonly ChartFrame[], batch: Partial<ChartBatch> = {}): void {
  for (const message of messages([...machineFrames, ...frames], batch)) {
    const frame = parseFrame(message);
    if (frame !== undefined) model.apply(frame, nowMs);
  }
}

function draw(nowMs: number, state: ConnectionState = { kind: 'open' }): void {
  page.draw(state, nowMs);
  page.drawTimeline(nowMs);
}

const all = (selector: string) => [...document.querySelectorAll(selector)];
const texts = (selector: string) => all(selector).map(({ textContent }) => textContent);
const element = (selector: string) => document.querySelector(selector) as HTMLElement;
const controller = (more = {}) =>
  actorFrame('x:1', 'rollback-controller', ['running.opening'], { name: 'g1', ...more });

describe('an actor', () => {
  test('is its states within each other, with those lit where it is and those marked where it has been', () => {
    tell(0, [
      controller(),
      snapshotFrame('x:1', ['running.speculating'], { visited: ['running.rollingBack'] }),
    ]);
    draw(0);
    expect(texts('.chart > .state > .state-name')).toEqual([
      ...['running', 'finishing', 'completed', 'cancelled', 'failed'],
    ]);
    const paths = (selector: string) => all(selector).map((box) => box.getAttribute('data-state'));
    expect(paths('.state.lit')).toEqual(['running', 'running.speculating']);
    expect(paths('[aria-current]')).toEqual(['running', 'running.speculating']);
    expect(paths('.state.visited')).toEqual(['running.rollingBack']);
    expect(paths('.state.final')).toEqual(['completed', 'cancelled', 'failed']);
    expect(element('[data-state="finishing"]').title).toBe('Jobs are dropped and sessions closed.');
    draw(1000);
    expect(paths('.state.visited')).toEqual([]);
  });

  test('says what its state means, what it received and where it may go', () => {
    tell(0, [controller(), eventFrame('x:1', 'draft.proposed'), eventFrame('x:1', 'draft.proposed')]);
    tell(0, [snapshotFrame('x:1', ['finishing']), eventFrame('x:1', 'sessions.closed')]);
    draw(0);
    expect(texts('.meaning')).toEqual(['Jobs are dropped and sessions closed.']);
    expect(texts('.received li')).toEqual([
      'draft.proposed ×2',
      'sessions.closed ×1 → cancelled or failed or completed',
    ]);
    expect(texts('.ways li')).toEqual([
      'sessions.closed [wasCancelled] → cancelled',
      'sessions.closed [hasFailed] → failed',
      'sessions.closed → completed',
    ]);
  });

  test('has its facts in a table, as they last were', () => {
    tell(0, [controller({ facts: { committed: 1, acceptance: 0.81234 } })]);
    draw(0);
    tell(0, [snapshotFrame('x:1', ['running.speculating'], { facts: { committed: 7 } })]);
    draw(0);
    expect(texts('.facts th')).toEqual(['committed', 'acceptance']);
    expect(texts('.facts td')).toEqual(['7', '0.812']);
  });

  test('that has ended is dimmed, and goes', () => {
    tell(0, [controller(), snapshotFrame('x:1', ['completed'], { status: 'done' })]);
    draw(0);
    expect(texts('.actor.ended .condition')).toEqual(['done: completed']);
    expect(texts('h2 .count')[1]).toBe('0 running');
    draw(10_001);
    expect(all('.actor')).toEqual([]);
  });

  test('of a silent process is dimmed, and its process says so', () => {
    tell(0, [actorFrame('x:1', 'worker-supervisor', ['ready'])], { afresh: true });
    draw(0);
    const marks = () => [texts('section .count').at(-1), all('.actor.silent').length];
    expect(marks()).toEqual(['1 running', 0]);
    tell(0, [], { silent: true });
    draw(0);
    expect(marks()).toEqual(['silent: in a long pass, cut off or gone; then 1 running', 1]);
    tell(0, [], { silent: false });
    draw(0);
    expect(marks()).toEqual(['1 running', 0]);
  });

  test('keeps its element from one drawing to the next', () => {
    tell(0, [controller()]);
    draw(0);
    const before = element('.actor');
    tell(0, [controller({ name: 'g1' }), actorFrame('x:2', 'worker-supervisor', ['ready'])], {
      afresh: true,
    });
    draw(0);
    expect(element('.actor')).toBe(before);
    expect(texts('.actor h3')).toEqual(['g1', 'x:2']);
  });

  test('is text, whatever it is called', () => {
    const name = '<img src=x onerror=alert(1)>';
    tell(0, [
      actorFrame('x:1', name, ['<b>'], { name, facts: { [name]: name } }),
      eventFrame('x:1', name, { [name]: name }),
    ]);
    draw(0);
    expect(texts('.actor h3')).toEqual([name]);
    expect(texts('#log td')).toContain(name);
    expect(all('img, b')).toEqual([]);
  });
});

describe('the log', () => {
  test('has the newest event on top, with its facts, and no more than 200', () => {
    const events = Array.from({ length: 300 }, (_, ids) =>
      eventFrame('x:1', 'draft.proposed', { ids, epoch: 2 }),
    );
    tell(0, [controller(), ...events.slice(0, 150)]);
    draw(0);
    tell(1000, events.slice(150));
    draw(1000);
    expect(texts('#log tr')).toHaveLength(200);
    expect(texts('#log tr:first-child td').slice(1)).toEqual([
      ...['g1 (engine-1/x:1)', 'draft.proposed', 'ids=299  epoch=2'],
    ]);
    expect(texts('#log tr:last-child td').at(-1)).toBe('ids=100  epoch=2');
  });

  test('shows the events of one actor alone, when asked', () => {
    const supervisor = actorFrame('x:2', 'worker-supervisor', ['ready'], { name: 'supervisor' });
    tell(0, [controller(), supervisor, eventFrame('x:1', 'plan.due'), eventFrame('x:2', 'child.ready')]);
    draw(0);
    expect(texts('#log td:nth-child(3)')).toEqual(['child.ready', 'plan.due']);
    element('[aria-label="show events of supervisor (engine-1/x:2) alone"]').click();
    draw(0);
    expect(texts('#log td:nth-child(3)')).toEqual(['child.ready']);
    (element('#filter') as HTMLInputElement).value = '';
    draw(0);
    expect(texts('#log td:nth-child(3)')).toEqual(['child.ready', 'plan.due']);
  });
});

test('the timeline is told in words', () => {
  tell(0, [spanFrame('pass', 'target-1', -100, -10), spanFrame('commit', 'controller', 0)]);
  draw(0);
  expect(element('#timeline').getAttribute('aria-label')).toBe(
    'The last 6 seconds: 1 workers, 1 target passes, 0 drafts, 0 rollbacks, 1 tokens committed',
  );
});

test('the timeline and the log stand still while the page is paused, and catch up after', () => {
  tell(0, [controller(), spanFrame('commit', 'controller', 0), eventFrame('x:1', 'plan.due')]);
  draw(0);
  element('#pause').click();
  draw(0);
  tell(3000, [spanFrame('commit', 'controller', 3000), eventFrame('x:1', 'drafts.late')]);
  draw(3000);
  const label = () => element('#timeline').getAttribute('aria-label');
  expect(label()).toContain('1 tokens committed');
  expect(texts('#log td:nth-child(3)')).toEqual(['plan.due']);
  expect(element('#pause').textContent).toBe('Go on');
  expect(element('#pause').getAttribute('aria-pressed')).toBe('true');
  element('#pause').click();
  draw(3000);
  expect(label()).toContain('2 tokens committed');
  expect(texts('#log td:nth-child(3)')).toEqual(['drafts.late', 'plan.due']);
});

describe('the state of the connection', () => {
  test.each<[ConnectionState, string]>([
    [{ kind: 'connecting' }, 'connecting…'],
    [{ kind: 'open' }, 'connected'],
    [{ kind: 'waiting', why: 'lost', retryMs: 2000 }, 'connection lost; trying again in 2 s'],
    [
      { kind: 'waiting', why: 'unreachable', retryMs: 500 },
      'the server does not answer; trying again in 1 s',
    ],
  ])('%j is "%s"', (state, text) => {
    draw(0, state);
    expect(element('#status').textContent).toBe(text);
    expect(element('#key-form').hidden).toBe(true);
  });

  test('asks for a key where the server does, and hands it over', () => {
    draw(0, { kind: 'keyNeeded', wrong: false });
    expect([element('#key-form').hidden, element('#key-problem').textContent]).toEqual([false, '']);
    (element('#key') as HTMLInputElement).value = 'a-good-key';
    const submit = new (document.defaultView as Window & typeof globalThis).Event('submit', {
      cancelable: true,
    });
    element('#key-form').dispatchEvent(submit);
    expect(keys).toEqual(['a-good-key']);
    expect(submit.defaultPrevented).toBe(true);
    draw(0, { kind: 'keyNeeded', wrong: true });
    expect(element('#key-problem').textContent).toBe('The server does not know this key.');
  });

  test('marks what was left out until the mark is dismissed', () => {
    draw(0);
    expect(element('#gaps').hidden).toBe(true);
    tell(0, [], { gap: true });
    draw(0);
    expect(element('#gaps').hidden).toBe(false);
    expect(element('#gaps-text').textContent).toMatch(/^something of engine-1 was left out once, last at /);
    element('#gaps-dismiss').click();
    draw(0);
    expect(element('#gaps').hidden).toBe(true);
  });
});
