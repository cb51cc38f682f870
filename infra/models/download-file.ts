import { renameSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DownloadError, errorMessage } from '../../src/core/errors.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import { makeFolder } from '../files/make-folder.js';
import { ownTemporaryPath } from './cache-layout.js';
import { hashFile } from './file-hash.js';
import { tryLock } from './file-lock.js';
import type { OnModelProgress } from './progress.js';

export interface DownloadRequest {
  readonly url: string;
  readonly target: string;
  /** What the file must be. */
  readonly bytes: number;
  readonly sha256: string;
  readonly scheduler: Scheduler;
  readonly onProgress?: OnModelProgress | undefined;
  /** Most time until an answer begins. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** Most time between two pieces of an answer. Default 15,000. */
  readonly stallTimeoutMs?: number;
}

/** Attempts in a row that brought no byte, after one that did. */
const FRUITLESS_ATTEMPTS = 3;
const MOST_ATTEMPTS = 100;
const PAUSE_MS = 250;

/** An answer that asking again would not change. */
class FinalDownloadError extends DownloadError {}

/**
 * Downloads a file whose length and SHA-256 are known. What an interrupted download has brought is kept in
 * `<target>.part` and continued, in this call and in later ones. Throws DownloadError; where nothing answers,
 * after one attempt.
 */
export async function downloadFile(request: DownloadRequest): Promise<void> {
  const { url, target } = request;
  makeFolder(dirname(target));
  const unlock = tryLock(`${target}.lock`);
  // While another process downloads the same, this one works beside it and keeps nothing.
  const partial = unlock === undefined ? ownTemporaryPath(dirname(target)) : `${target}.part`;
  try {
    await fillPart(request, partial);
    await checkHash(request, partial);
    renameSync(partial, target);
  } catch (error) {
    if (error instanceof FinalDownloadError) rmSync(partial, { force: true });
    throw new DownloadError(`${basename(target)} from ${url}: ${describeFailure(error)}`, { cause: error });
  } finally {
    if (unlock === undefined) rmSync(partial, { force: true });
    unlock?.();
  }
}

async function checkHash(request: DownloadRequest, partial: string): Promise<void> {
  const totalBytes = request.bytes;
  const sha256 = await hashFile(partial, (doneBytes) =>
    request.onProgress?.({ step: 'verify', doneBytes, totalBytes }),
  );
  if (sha256 !== request.sha256)
    throw new FinalDownloadError(`SHA-256 is ${sha256}, but must be ${request.sha256}`);
}

async function fillPart(request: DownloadRequest, partial: string): Promise<void> {
  const file = await open(partial, statSync(partial, { throwIfNoEntry: false }) ? 'r+' : 'w+');
  try {
    let have = (await file.stat()).size;
    if (have > request.bytes) have = 0;
    let attemptsLeft = 1;
    for (let attempt = 1; have < request.bytes; attempt++) {
      const before = have;
      const failure = await receive(request, file, have, (bytes) => {
        have = bytes;
      });
      if (have > before) attemptsLeft = FRUITLESS_ATTEMPTS;
      else attemptsLeft--;
      if (failure instanceof FinalDownloadError) throw failure;
      if (have >= request.bytes) break;
      if (attemptsLeft === 0 || attempt === MOST_ATTEMPTS)
        throw failure ?? new DownloadError(`the connection ended at byte ${have} of ${request.bytes}`);
      await new Promise<void>((resume) => request.scheduler.schedule(PAUSE_MS, resume));
    }
    await file.truncate(request.bytes);
  } finally {
    await file.close();
  }
}

/** One request from byte `from` on; `onHave` tells what the file holds, bytes. Returns what ended it too early. */
async function receive(
  request: DownloadRequest,
  file: FileHandle,
  from: number,
  onHave: (bytes: number) => void,
): Promise<unknown> {
  const watchdog = new Watchdog(request.scheduler);
  try {
    watchdog.expect(request.connectTimeoutMs ?? 5_000, 'no answer');
    const headers: Record<string, string> = { 'accept-encoding': 'identity' };
    if (from > 0) headers.range = `bytes=${from}-`;
    const response = await fetch(request.url, { headers, signal: watchdog.signal });
    let have = startOfAnswer(request, response, from);
    onHave(have);
    for await (const piece of response.body ?? []) {
      watchdog.expect(request.stallTimeoutMs ?? 15_000, 'nothing more came');
      if (have + piece.length > request.bytes)
        throw new FinalDownloadError(`more than ${request.bytes} bytes came`);
      await file.write(piece, 0, piece.length, have);
      have += piece.length;
      onHave(have);
      request.onProgress?.({ step: 'download', doneBytes: have, totalBytes: request.bytes });
    }
    return undefined;
  } catch (error) {
    return error;
  } finally {
    watchdog.stop();
  }
}

/** Where the answer's body begins in the file: servers may ignore the range that was asked for. */
function startOfAnswer(request: DownloadRequest, response: Response, from: number): number {
  if (response.status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
    if (range === null || Number(range[1]) !== from)
      throw new FinalDownloadError('the server answered with another range than asked for');
    checkLength(request, range[2] === '*' ? undefined : range[2]);
    return from;
  }
  if (response.status === 200) {
    checkLength(request, response.headers.get('content-length') ?? undefined);
    return 0;
  }
  const problem = `the server answered ${response.status} ${response.statusText}`.trimEnd();
  throw response.status >= 500 ? new DownloadError(problem) : new FinalDownloadError(problem);
}

function checkLength(request: DownloadRequest, announced: string | undefined): void {
  if (announced !== undefined && Number(announced) !== request.bytes)
    throw new FinalDownloadError(`the file is ${announced} bytes long, but must be ${request.bytes}`);
}

/** Aborts when what was expected has not come in time. */
class Watchdog {
  private readonly controller = new AbortController();
  private cancel: () => void = () => {};

  constructor(private readonly scheduler: Scheduler) {}

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  expect(withinMs: number, problem: string): void {
    this.cancel();
    this.cancel = this.scheduler.schedule(withinMs, () =>
      this.controller.abort(new DownloadError(`${problem} within ${withinMs / 1000} s`)),
    );
  }

  stop(): void {
    this.cancel();
  }
}

/** fetch says only "fetch failed"; the reason is in its cause. */
function describeFailure(error: unknown): string {
  const cause = error instanceof TypeError && error.cause !== undefined ? error.cause : error;
  return errorMessage(cause).replaceAll('\n', ' ') || 'the connection failed';
}
