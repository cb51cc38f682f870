import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The parts that are read of what V8's profiler says; times in microseconds. */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly samples: readonly number[];
  /** Before each sample. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

/** What a process that runs a model did between two moments. */
export interface ProcessTime {
  readonly process: string;
  /** Inside onnxruntime and its binding. */
  readonly runMs: number;
  /** All other work. */
  readonly scriptMs: number;
  readonly idleMs: number;
  /** Self times outside `run` of packages, of our own files and of what the engine itself does, largest first. */
  readonly parts: readonly { readonly name: string; readonly ms: number }[];
}

/** Reads the profiles of all processes in which onnxruntime ran between these moments of the monotonic clock. */
export function readProfiles(
  folder: string,
  fromMicroseconds: number,
  toMicroseconds: number,
): ProcessTime[] {
  return readdirSync(folder)
    .map((file) => {
      const profile: CpuProfile = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      return processTime(profile, file.replace('.json', ''), fromMicroseconds, toMicroseconds);
    })
    .filter(({ runMs }) => runMs > 0);
}

function processTime(profile: CpuProfile, process: string, from: number, to: number): ProcessTime {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const insideRun = findInsideRun(profile.nodes, nodes);
  const parts = new Map<string, number>();
  let [runMs, scriptMs, idleMs] = [0, 0, 0];
  let at = profile.startTime;
  for (const [i, id] of profile.samples.entries()) {
    at += profile.timeDeltas[i] ?? 0;
    const ms = (profile.timeDeltas[i + 1] ?? 0) / 1000;
    const node = nodes.get(id);
    if (at < from || at >= to || node === undefined) continue;
    const { functionName } = node.callFrame;
    if (insideRun.has(id)) runMs += ms;
    else if (functionName === '(idle)') idleMs += ms;
    else {
      scriptMs += ms;
      const name = partOf(node.callFrame);
      parts.set(name, (parts.get(name) ?? 0) + ms);
    }
  }
  return {
    process,
    runMs,
    scriptMs,
    idleMs,
    parts: [...parts].map(([name, ms]) => ({ name, ms })).sort((a, b) => b.ms - a.ms),
  };
}

/** `nats-core` of `.../node_modules/@nats-io/nats-core/lib/...`, `node:net`, `infra/nats/codec.ts`; a native function by its name. */
function partOf({ functionName, url }: ProfileNode['callFrame']): string {
  if (url === '') return functionName;
  if (url.startsWith('node:')) return url;
  const inPackage = /.*\/node_modules\/(?:@[^/]+\/)?([^/]+)/.exec(url);
  return inPackage?.[1] ?? url.split('/').slice(-3).join('/');
}

/** The binding and all that it calls. */
function findInsideRun(
  all: readonly ProfileNode[],
  nodes: ReadonlyMap<number, ProfileNode>,
): ReadonlySet<number> {
  const inside = new Set<number>();
  const waiting = all.filter(({ callFrame }) => callFrame.url.includes('onnxruntime-node/dist/backend'));
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (inside.has(node.id)) continue;
    inside.add(node.id);
    for (const child of node.children ?? []) {
      const next = nodes.get(child);
      if (next !== undefined) waiting.push(next);
    }
  }
  return inside;
}
