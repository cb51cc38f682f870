import { runningProcesses } from './proc.js';

/** Processor milliseconds so far of this process and its children by command name; empty where there is no /proc. */
export function processorTimes(): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { pid, name, parent, ms } of runningProcesses()) {
    const mine = pid === process.pid;
    if (!mine && parent !== process.pid) continue;
    const key = mine ? 'gateway' : name === 'nats-server' ? name : 'workers';
    times.set(key, (times.get(key) ?? 0) + ms);
  }
  return times;
}
