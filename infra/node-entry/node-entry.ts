import { fileURLToPath } from 'node:url';

/** A checkout runs from TypeScript, which processes and threads of their own need the loader `tsx` for. */
const inCheckout = import.meta.url.endsWith('.ts');

/** Arguments for `process.execPath` to run one of our own files, named as an import would name it, as a process. */
export function nodeArguments(entry: URL): string[] {
  if (!inCheckout) return [fileURLToPath(entry)];
  return ['--import', import.meta.resolve('tsx'), fileURLToPath(sourceOf(entry))];
}

/** What to give to `new Worker` to run one of our own files as a thread. */
export function threadModule(entry: URL): URL {
  if (!inCheckout) return entry;
  // tsx heeds `--import` on the main thread only.
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const source = JSON.stringify(sourceOf(entry).href);
  const script = `import { register } from ${loader}; register(); await import(${source});`;
  return new URL(`data:text/javascript,${encodeURIComponent(script)}`);
}

function sourceOf(entry: URL): URL {
  return new URL(entry.href.replace(/\.js$/, '.ts'));
}
