import { runningProcesses } from '../lib/proc.js';

/** Processor milliseconds so far of a process and all below it that still run; 0 where there is no /proc. */
export function treeProcessorMs(root: number): number {
  const known = new Map(runningProcesses().map((one) => [one.pid, one]));
  const isBelow = (pid: number): boolean => {
    if (pid === root) return true;
    const parent = known.get(pid)?.parent;
    return parent !== undefined && isBelow(parent);
  };
  return [...known].reduce((sum, [pid, { ms }]) => (isBelow(pid) ? sum + ms : sum), 0);
}
