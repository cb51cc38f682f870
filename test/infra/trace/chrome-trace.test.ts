import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openChromeTrace } from '../../../infra/trace/chrome-trace.js';
import { SystemError } from '../../../src/core/errors.js';
import type { TraceEvent } from '../../../src/core/trace.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';
import { compiledFile } from '../../support/compiled.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipstream-trace-'));
  path = join(folder, 'trace.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const pass = (startMs: number): TraceEvent => ({
  kind: 'pass',
  track: 'target-1',
  generation: 'g1',
  startMs,
  endMs: startMs + 5,
  data: { job: 1 },
});

interface Entry {
  readonly ph: string;
  readonly name: string;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly id?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

const entries = (): Entry[] =>
  (JSON.parse(readFileSync(path, 'utf8')) as { traceEvents: Entry[] }).traceEvents;

const neverFails = (error: Error): void => {
  throw error;
};

describe('openChromeTrace', () => {
  test('one thread per track, durations as slices, instants as instants, relative microseconds', () => {
    const trace = openChromeTrace(path, new VirtualScheduler(), neverFails);
    trace.sink(pass(10.25));
    trace.sink({ kind: 'rollback', track: 'controller', generation: 'g1', startMs: 16 });
    trace.sink(pass(20));
    trace.close();
    const names = entries().filter((entry) => entry.name === 'thread_name');
    expect(names.map((entry) => entry.args?.name)).toEqual(['target-1', 'controller']);
    expect(entries().filter((entry) => entry.ph === 'X')).toMatchObject([
      { name: 'pass', tid: 1, ts: 10250, dur: 5000, args: { generation: 'g1', job: 1 } },
      { name: 'pass', tid: 1, ts: 20000, dur: 5000 },
    ]);
    expect(entries().filter((entry) => entry.ph === 'i')).toMatchObject([
      { name: 'rollback', tid: 2, ts: 16000 },
    ]);
  });

  test('jobs and generations, which overlap, are pairs with ids of their own', () => {
    const trace = openChromeTrace(path, new VirtualScheduler(), neverFails);
    for (const startMs of [0, 2])
      trace.sink({ kind: 'job', track: 'target-1', generation: 'g1', startMs, endMs: startMs + 10 });
    trace.close();
    const pairs = entries().filter((entry) => entry.ph === 'b' || entry.ph === 'e');
    expect(pairs.map(({ ph, id, ts }) => [ph, id, ts])).toEqual([
      ['b', 1, 0],
      ['e', 1, 10000],
      ['b', 2, 2000],
      ['e', 2, 12000],
    ]);
  });

  test('the file is valid JSON from the start and after every write', () => {
    const scheduler = new VirtualScheduler();
    const trace = openChromeTrace(path, scheduler, neverFails);
    expect(entries()).toEqual([]);
    const counts = [];
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 300; i++) trace.sink(pass(i));
      scheduler.run();
      counts.push(entries().filter((entry) => entry.ph === 'X').length);
    }
    expect(counts).toEqual([300, 600, 900]);
    trace.close();
    expect(entries().filter((entry) => entry.ph === 'X')).toHaveLength(900);
  });

  test('closing twice is harmless, and nothing is written after it', () => {
    const listeners = process.listenerCount('exit');
    const trace = openChromeTrace(path, new VirtualScheduler(), neverFails);
    trace.close();
    trace.sink(pass(1));
    trace.close();
    expect(entries()).toEqual([]);
    expect(process.listenerCount('exit')).toBe(listeners);
  });

  test('a process that throws leaves a complete file', () => {
    const script = `
      import { openChromeTrace } from '${compiledFile('infra/trace/chrome-trace.ts')}';
      import { VirtualScheduler } from '${compiledFile('src/core/virtual-scheduler.ts')}';
      const trace = openChromeTrace(process.argv[1], new VirtualScheduler(), () => {});
      trace.sink({ kind: 'pass', track: 't', generation: 'g', startMs: 1, endMs: 2 });
      throw new Error('crash');
    `;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script, path], {
      encoding: 'utf8',
    });
    expect(child.stderr).toContain('crash');
    expect(entries().filter((entry) => entry.ph === 'X')).toHaveLength(1);
  });

  test('a path that cannot be written is refused in one line', () => {
    const open = () => openChromeTrace(join(folder, 'no', 'trace.json'), new VirtualScheduler(), neverFails);
    expect(open).toThrow(SystemError);
    expect(open).toThrow(/cannot write the trace to .*trace\.json: ENOENT/);
  });
});
