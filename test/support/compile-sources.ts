import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    compiledSources: string;
  }
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LAYERS = ['src', 'actors', 'streams', 'infra', 'console', 'test'];
const COPIED = ['package.json', 'console/index.html', 'console/style.css'];
/** Below node_modules, where every tool looks away and the sources' dependencies are found. */
const CACHE = join(ROOT, 'node_modules/.cache');

/**
 * Compiles the sources once per run, so that child processes of tests need no compiler of their own: loading
 * through tsx costs each of them more processor time than all else it does at its start.
 */
export async function setup(project: TestProject): Promise<() => void> {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'slipstream-test-'));
  for (const file of COPIED) cpSync(join(ROOT, file), join(folder, file));
  await compile(folder);
  project.provide('compiledSources', folder);
  project.onTestsRerun(() => compile(folder));
  return () => rmSync(folder, { recursive: true, force: true });
}

/** In 0.2 s, so that it is done anew rather than asked whether it is needed. */
async function compile(outdir: string): Promise<void> {
  const entryPoints = LAYERS.flatMap((layer) =>
    readdirSync(join(ROOT, layer), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => join(ROOT, layer, name)),
  );
  await build({ entryPoints, outdir, outbase: ROOT, format: 'esm', platform: 'node', target: 'node20' });
}
