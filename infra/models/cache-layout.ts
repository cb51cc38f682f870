import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

const TEMPORARY = 'tmp.';

/**
 * Folders below the cache folder:
 * `sources` downloaded files by SHA-256, `imported` model folders by source and importer version, `names` what
 * users call them, `hashes` SHA-256 of files seen before, `partial` what is being made.
 */
export function cacheLayout(cacheFolder: string) {
  const root = join(cacheFolder, 'models');
  return {
    sources: join(root, 'sources'),
    imported: join(root, 'imported'),
    names: join(root, 'names'),
    hashes: join(root, 'hashes'),
    partial: join(root, 'partial'),
  };
}

/** Names this process among all that share a cache. */
export function ownerName(): string {
  return `${hostname()}.${process.pid}`;
}

/** Whether an owner was a process of this host that has ended. */
export function isGone(owner: string): boolean {
  const prefix = `${hostname()}.`;
  if (!owner.startsWith(prefix)) return false;
  const pid = Number.parseInt(owner.slice(prefix.length), 10);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EPERM';
  }
}

/** A path in `folder` that no other process uses; names its owner, so that leftovers can be told. */
export function ownTemporaryPath(folder: string): string {
  return join(folder, `${TEMPORARY}${ownerName()}.${randomBytes(6).toString('hex')}`);
}

/** Removes what processes of this host that have ended left behind. */
export function removeLeftovers(folder: string): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return;
  }
  for (const name of names) {
    if (name.startsWith(TEMPORARY) && isGone(name.slice(TEMPORARY.length)))
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}
