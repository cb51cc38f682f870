import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type MemberKind = 'target' | 'drafter' | 'nats-server' | 'keeper' | 'other';

export interface Member {
  readonly pid: number;
  readonly kind: MemberKind;
  readonly command: string;
}

/** Every process that was started below this one, however deep and whoever is its parent now, and what they left. */
export interface Household {
  members(): Member[];
  pids(kind: MemberKind): number[];
  /** Processes that run and temporary files that are there: nothing, once all is closed. */
  leftovers(): string[];
  /** Ends what is left. */
  dissolve(): void;
}

const MARK = 'PROCESS_TEST_HOUSEHOLD';

/** From now on children of this process carry a mark, and their temporary files are kept apart. Linux only. */
export function openHousehold(): Household {
  const mark = `${MARK}=${randomUUID()}`;
  const before = { mark: process.env[MARK], tmpdir: process.env.TMPDIR };
  const folder = mkdtempSync(join(tmpdir(), 'slipstream-household-'));
  process.env[MARK] = mark.slice(MARK.length + 1);
  process.env.TMPDIR = folder;

  const members = (): Member[] =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => memberOf(Number(pid), mark) ?? []);
  return {
    members,
    pids: (kind) => members().flatMap((member) => (member.kind === kind ? member.pid : [])),
    leftovers: () => [...members().map(({ pid, command }) => `${pid} ${command}`), ...readdirSync(folder)],
    dissolve: () => {
      for (const { pid } of members()) process.kill(pid, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
      restore(MARK, before.mark);
      restore('TMPDIR', before.tmpdir);
    },
  };
}

function memberOf(pid: number, mark: string): Member | undefined {
  const variables = readProcess(pid, 'environ');
  if (!variables.includes(mark)) return undefined;
  const command = readProcess(pid, 'cmdline').join(' ');
  // A process that has just ended has no command line.
  if (command === '') return undefined;
  return { pid, kind: kindOf(command, variables), command };
}

function kindOf(command: string, variables: readonly string[]): MemberKind {
  if (command.includes('nats-server.conf')) return 'nats-server';
  if (command.includes('keeper-main')) return 'keeper';
  if (command.trimEnd().endsWith('worker')) {
    if (variables.includes('SLIPSTREAM_ROLE=target')) return 'target';
    if (variables.includes('SLIPSTREAM_ROLE=drafter')) return 'drafter';
  }
  return 'other';
}

function readProcess(pid: number, file: 'environ' | 'cmdline'): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
