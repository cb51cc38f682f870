import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10;

export interface RunningProcess {
  readonly pid: number;
  /** As the kernel has it, at most 15 characters. */
  readonly name: string;
  readonly parent: number;
  /** Processor milliseconds so far. */
  readonly ms: number;
}

/** All processes of the machine; none where there is no /proc. */
export function runningProcesses(): RunningProcess[] {
  return processIds().flatMap((pid) => readStat(pid) ?? []);
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

/** Undefined for one that has ended meanwhile. */
function readStat(pid: number): RunningProcess | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const end = text.lastIndexOf(')');
    const rest = text.slice(end + 2).split(' ');
    return {
      pid,
      name: text.slice(text.indexOf('(') + 1, end),
      parent: Number(rest[1]),
      ms: (Number(rest[11]) + Number(rest[12])) * TICK_MS,
    };
  } catch {
    return undefined;
  }
}
