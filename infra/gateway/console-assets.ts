import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SystemError } from '../../src/core/errors.js';
import type { Answer } from './answer.js';

/** Answers by path. */
export type Pages = ReadonlyMap<string, Answer>;

/** Where the page is; what it loads is below. */
export const CONSOLE_PATH = '/inspect';

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
]);

/** The page loads nothing from elsewhere, runs nothing but its modules, and stands in no other page's frame. */
const SECURITY = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self' ws: wss:",
    "img-src 'self' data:",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

interface ConsoleFolders {
  /** Holds index.html and style.css. */
  readonly written: string;
  /** Holds the compiled modules. */
  readonly compiled: string;
}

/** Reads the console page and all that it loads. Throws SystemError when it was not built. */
export function readConsolePages({ written, compiled }: ConsoleFolders = consoleFolders()): Pages {
  try {
    const modules = readdirSync(compiled).filter((name) => extname(name) === '.js');
    if (!modules.includes('main.js')) throw new Error(`${compiled} has no main.js`);
    return new Map([
      [CONSOLE_PATH, page(`${written}/index.html`)],
      [`${CONSOLE_PATH}/style.css`, page(`${written}/style.css`)],
      ...modules.map((name) => [`${CONSOLE_PATH}/${name}`, page(`${compiled}/${name}`)] as const),
    ]);
  } catch (cause) {
    throw new SystemError('the page that shows state charts is not built: run "npm run build"', { cause });
  }
}

function page(file: string): Answer {
  const type = TYPES.get(extname(file)) ?? 'text/plain; charset=utf-8';
  return { status: 200, body: readFileSync(file, 'utf8'), headers: { ...SECURITY, 'content-type': type } };
}

/** A build has its modules beside its own layers, the sources have theirs in a build. */
function consoleFolders(): ConsoleFolders {
  return {
    written: folderWith('index.html', ['../../console', '../../../console']),
    compiled: folderWith('main.js', ['../../console', '../../dist/console']),
  };
}

function folderWith(file: string, places: readonly string[]): string {
  const folders = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return folders.find((folder) => existsSync(`${folder}/${file}`)) ?? (folders.at(-1) as string);
}
