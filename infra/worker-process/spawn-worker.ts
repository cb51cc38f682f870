import { spawn } from 'node:child_process';
import { nodeArguments } from '../node-entry/node-entry.js';
import { workerNoteSchema } from './protocol.js';

export type WorkerProcessEvent =
  | { readonly type: 'child.ready'; readonly worker: string }
  /** `permanent`: another start would fail for the same reason. */
  | { readonly type: 'child.failed'; readonly reason: string; readonly permanent: boolean }
  | { readonly type: 'child.exited'; readonly reason: string };

export interface WorkerProcess {
  readonly pid: number | undefined;
  terminate(): void;
  kill(): void;
}

export interface SpawnWorkerOptions {
  /** The CLI's main module, named as an import would name it. */
  readonly mainModule: URL;
  /** Everything the worker needs, secrets included: nothing is shown in the process list. */
  readonly environment: Readonly<Record<string, string>>;
  /** Takes what the worker writes to stderr. */
  readonly onLog: (text: string) => void;
  readonly report: (event: WorkerProcessEvent) => void;
}

/** Codes of errors that say something about the model or the options, and nothing about the moment. */
const PERMANENT_FAILURES: ReadonlySet<string> = new Set([
  'invalid_option',
  'model_not_found',
  'model_unsupported',
]);

/**
 * A worker takes a few dozen messages a second, and would take its first thousands in code that nothing has optimised: so
 * its code is compiled seven times as early (engines from version 12 on have a compiler of their own for that). One helper
 * thread compiles and collects garbage: four of each of many workers would keep the cores from the passes.
 */
const ENGINE_FLAGS = [
  '--v8-pool-size=1',
  ...(Number.parseInt(process.versions.v8, 10) < 12
    ? ['--always-sparkplug', '--interrupt-budget=20000']
    : []),
];

/** Starts `slipstream worker`, the command that an operator types on another host. */
export function spawnWorker(options: SpawnWorkerOptions): WorkerProcess {
  const child = spawn(process.execPath, [...ENGINE_FLAGS, ...nodeArguments(options.mainModule), 'worker'], {
    env: options.environment,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Out of reach of a terminal's Ctrl-C: the supervisor says when it ends.
    detached: true,
  });
  let lastLine = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    // Its log says nothing about its end; what a crash prints is no JSON.
    lastLine =
      text
        .trimEnd()
        .split('\n')
        .findLast((line) => !line.startsWith('{')) ?? lastLine;
    options.onLog(text);
  });
  child.on('message', (value) => {
    const note = workerNoteSchema.safeParse(value);
    if (!note.success) return;
    options.report(
      note.data.type === 'worker.ready'
        ? { type: 'child.ready', worker: note.data.worker }
        : {
            type: 'child.failed',
            reason: note.data.message,
            permanent: PERMANENT_FAILURES.has(note.data.code),
          },
    );
  });
  let ended = false;
  const exited = (reason: string) => {
    if (ended) return;
    ended = true;
    options.report({ type: 'child.exited', reason });
  };
  child.on('error', (error) => exited(`it could not be started: ${error.message}`));
  child.on('close', (code, signal) => {
    const how = signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`;
    exited(lastLine === '' ? how : `${how}: ${lastLine.slice(0, 300)}`);
  });
  return {
    pid: child.pid,
    terminate: () => void child.kill('SIGTERM'),
    kill: () => void child.kill('SIGKILL'),
  };
}
