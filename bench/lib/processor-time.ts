import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10;

/** Processor milliseconds so far of this process and its children by command name; empty where there is no /proc. */
export function processorTimes(): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const entry of listProcesses()) {
    const fields = readStat(entry);
    if (fields === undefined) continue;
    const { name, parent, ms } = fields;
    const mine = Number(entry) === process.pid;
    if (!mine && parent !== process.pid) continue;
    const key = mine ? 'gateway' : name === 'nats-server' ? name : 'workers';
    times.set(key, (times.get(key) ?? 0) + ms);
  }
  return times;
}

function listProcesses(): string[] {
  try {
    return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  } catch {
    return [];
  }
}

function readStat(entry: string): { name: string; parent: number; ms: number } | undefined {
  try {
    const text = readFileSync(`/proc/${entry}/stat`, 'utf8');
    const end = text.lastIndexOf(')');
    const rest = text.slice(end + 2).split(' ');
    return {
      name: text.slice(text.indexOf('(') + 1, end),
      parent: Number(rest[1]),
      ms: (Number(rest[11]) + Number(rest[12])) * TICK_MS,
    };
  } catch {
    return undefined;
  }
}
