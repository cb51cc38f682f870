import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { compiledFile } from '../support/compiled.js';

const MAIN = compiledFile('src/app/cli/main.ts');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<Ended>;
  /** Resolves with stdout as soon as it holds `text`; rejects when the command ends before. */
  said(text: string): Promise<string>;
}

/** Runs `slipstream` in a process of its own. */
export function slipstream(args: readonly string[], environment: Record<string, string> = {}): Command {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    child,
    ended,
    said: (wanted) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (stdout.includes(wanted)) resolve(stdout);
        };
        child.stdout.on('data', look);
        look();
        void ended.then((end) => reject(new Error(`ended with ${end.code}: ${end.stderr}`)));
      }),
  };
}
