import { existsSync, readFileSync } from 'node:fs';

/** The version in our package.json, which lies above this file at another depth in a build than in the sources. */
export function packageVersion(): string {
  for (const up of ['../../../', '../../../../']) {
    const file = new URL(`${up}package.json`, import.meta.url);
    if (!existsSync(file)) continue;
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown };
    if (typeof version === 'string') return version;
  }
  return 'unknown';
}
