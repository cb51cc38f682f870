import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DownloadError } from '../../src/core/errors.js';
import { runTool } from './run-tool.js';

/**
 * Unpacks Debian's package `nats-server` into `folder`: apt checks its signature, nothing is installed and no
 * root is needed. Where the package lists are missing they are fetched into `folder` too. Gives the binary's path.
 */
export async function unpackDebianPackage(folder: string): Promise<string> {
  await download(folder, []).catch(async () => {
    const own = await ownAptFolders(folder);
    await runTool('apt-get', [...own, '-qq', 'update'], { timeoutMs: 60_000, folder });
    await download(folder, own);
  });
  const file = (await readdir(folder)).find((name) => name.endsWith('.deb'));
  if (file === undefined) throw new DownloadError('apt-get left no package of nats-server');
  await runTool('dpkg', ['-x', file, 'unpacked'], { timeoutMs: 30_000, folder });
  const path = join(folder, 'nats-server');
  await rename(join(folder, 'unpacked', 'usr', 'sbin', 'nats-server'), path);
  return path;
}

function download(folder: string, aptOptions: readonly string[]): Promise<string> {
  const timeouts = ['-o', 'Acquire::Retries=0', '-o', 'Acquire::http::Timeout=5'];
  return runTool('apt-get', [...aptOptions, ...timeouts, '-qq', 'download', 'nats-server'], {
    timeoutMs: 60_000,
    folder,
  });
}

async function ownAptFolders(folder: string): Promise<string[]> {
  const lists = join(folder, 'apt', 'lists');
  const cache = join(folder, 'apt', 'cache');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  return ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${cache}`, '-o', 'APT::Sandbox::User='];
}
