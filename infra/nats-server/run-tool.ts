import { type ExecFileException, execFile } from 'node:child_process';

interface ToolOptions {
  readonly timeoutMs: number;
  readonly folder?: string;
}

/** Runs a program to its end and gives its output; rejects with its last line, or why it did not run. */
export function runTool(program: string, args: readonly string[], options: ToolOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      [...args],
      { cwd: options.folder, timeout: options.timeoutMs, killSignal: 'SIGKILL', maxBuffer: 16 * 2 ** 20 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout + stderr);
        else reject(new Error(describe(program, error, stderr, options.timeoutMs), { cause: error }));
      },
    );
  });
}

function describe(program: string, error: ExecFileException, stderr: string, timeoutMs: number): string {
  if (error.code === 'ENOENT') return `${program} is not installed`;
  if (error.killed === true) return `${program} did not end within ${timeoutMs / 1000} s`;
  return stderr.trim().split('\n').at(-1)?.slice(0, 300) || `${program} failed`;
}
