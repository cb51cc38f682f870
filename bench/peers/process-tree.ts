import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10;

/** Processor milliseconds so far of a process and all below it that still run; 0 where there is no /proc. */
export function treeProcessorMs(root: number): number {
  const known = new Map<number, { readonly parent: number; readonly ms: number }>();
  for (const pid of processIds()) {
    const found = readStat(pid);
    if (found !== undefined) known.set(pid, found);
  }
  const isBelow = (pid: number): boolean => {
    if (pid === root) return true;
    const parent = known.get(pid)?.parent;
    return parent !== undefined && isBelow(parent);
  };
  return [...known].reduce((sum, [pid, { ms }]) => (isBelow(pid) ? sum + ms : sum), 0);
}

/** Milliseconds that all cores together have worked since the machine was started; 0 where there is no /proc. */
export function machineBusyMs(): number {
  try {
    const [, user, nice, system, , , interrupts, soft, steal] = readFileSync('/proc/stat', 'utf8').split(
      /\s+/,
    );
    const ticks = [user, nice, system, interrupts, soft, steal];
    return ticks.reduce((sum, count) => sum + Number(count), 0) * TICK_MS;
  } catch {
    return 0;
  }
}

function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number);
  } catch {
    return [];
  }
}

function readStat(pid: number): { parent: number; ms: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ms: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
  } catch {
    return undefined;
  }
}
