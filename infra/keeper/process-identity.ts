import { readFileSync } from 'node:fs';

/**
 * Tells a process from a later one with the same id: its start time, in clock ticks since boot. Undefined: no
 * such process, or one that has ended and only waits for its parent. 'unknown' where the system has no /proc.
 */
export function processIdentity(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return process.platform !== 'linux' && exists(pid) ? 'unknown' : undefined;
  }
  // The second field is the program's name in parentheses, which may hold anything: count from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
