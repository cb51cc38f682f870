import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolder } from '../../../../infra/files/make-folder.js';

const recordSchema = z.object({
  processor: z.string(),
  model: z.string(),
  drafter: z.string(),
  mode: z.string(),
  targets: z.number(),
  tokens_per_second: z.number(),
  times_plain: z.number(),
});

/** What `slipstream bench` last found to be the fastest here. */
export type BenchRecord = z.infer<typeof recordSchema>;

/** Numbers of another processor say nothing. */
export function processorName(): string {
  return `${cpus()[0]?.model.trim() || arch()}, ${availableParallelism()} cores`;
}

export function writeBenchRecord(cacheFolder: string, record: BenchRecord): void {
  makeFolder(cacheFolder);
  writeFileSync(recordPath(cacheFolder), `${JSON.stringify(record, undefined, 2)}\n`);
}

/** With the time it was written; undefined when there is none that can be read. */
export function readBenchRecord(cacheFolder: string): { record: BenchRecord; measuredAt: Date } | undefined {
  const path = recordPath(cacheFolder);
  try {
    const record = recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    return { record, measuredAt: statSync(path).mtime };
  } catch {
    return undefined;
  }
}

function recordPath(cacheFolder: string): string {
  return join(cacheFolder, 'bench.json');
}
