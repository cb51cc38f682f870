import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, freemem, platform, release, totalmem } from 'node:os';
import type { Check } from './check.js';

/** The oldest Node.js that is tried; as `engines` in package.json. */
const OLDEST_NODE: readonly [number, number] = [20, 19];

export const nodeCheck: Check = {
  what: 'node',
  examine: () => {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    const [oldestMajor, oldestMinor] = OLDEST_NODE;
    const old = major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
    const detail = `${process.version} on ${platform()} ${release()} ${arch()}`;
    return old
      ? { what: 'node', status: 'problem', detail: `${detail}: must be ${OLDEST_NODE.join('.')} or newer` }
      : { what: 'node', status: 'ok', detail };
  },
};

export const processorCheck: Check = {
  what: 'processor',
  examine: () => {
    const features = processorFeatures(readProcessorInfo());
    const words = [
      cpus()[0]?.model.trim() || arch(),
      `${availableParallelism()} cores`,
      features.length === 0 ? 'features unknown' : features.join(' '),
    ];
    return { what: 'processor', status: 'ok', detail: words.join(', ') };
  },
};

export const memoryCheck: Check = {
  what: 'memory',
  examine: () => ({
    what: 'memory',
    status: 'ok',
    detail: `${gigabytes(freemem())} GB free of ${gigabytes(totalmem())} GB`,
  }),
};

/** What decides how fast matrices are multiplied, in the kernel's words. */
const FEATURES: ReadonlySet<string> = new Set(
  'avx2 fma f16c avx512f avx512_vnni avx512_bf16 avx_vnni amx_int8 amx_bf16 asimd asimddp asimdhp i8mm bf16 sve'.split(
    ' ',
  ),
);

/** Features that matter out of the text of /proc/cpuinfo; empty when it says nothing. */
export function processorFeatures(processorInfo: string): string[] {
  const [, line = ''] = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(processorInfo) ?? [];
  return line.split(/\s+/).filter((flag) => FEATURES.has(flag));
}

function readProcessorInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
