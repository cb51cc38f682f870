import type { InspectionEvent } from 'xstate';
import type { MemoryNetwork } from '../../infra/bus-memory/memory-network.js';
import type { ActorInspector } from '../../src/app/actor-options.js';

/** Everything that happened, in order: every message sent, every event an actor took and the state it left it in. */
export interface EventLog {
  readonly length: number;
  /** A number that two logs share only if they are equal, for all that matters here. */
  readonly digest: number;
  /** The last entries, for a person. */
  readonly tail: readonly string[];
}

const TAIL = 40;

/** Counts messages; with `log` also writes everything down, which takes as long as the run itself. */
export function recordEvents(log: boolean) {
  const tail: string[] = [];
  const counts = new Map<string, number>();
  let length = 0;
  let digest = 17;

  const add = (entry: string): void => {
    length++;
    for (let i = 0; i < entry.length; i++) digest = (Math.imul(digest, 31) + entry.charCodeAt(i)) | 0;
    tail.push(entry);
    if (tail.length > 2 * TAIL) tail.splice(0, TAIL);
  };
  const inspect: ActorInspector = (event: InspectionEvent) => {
    if (event.type !== '@xstate.snapshot' || !('value' in event.snapshot)) return;
    const actor = 'id' in event.actorRef ? String(event.actorRef.id) : '';
    add(`${actor} ${event.event.type} -> ${JSON.stringify(event.snapshot.value)}`);
  };
  return {
    inspect,
    counts,
    watch(network: MemoryNetwork): void {
      const send = network.send.bind(network);
      network.send = (from, subject, message, replyTo) => {
        const outcome = 'outcome' in message ? ` ${message.outcome}` : '';
        const name = `${message.type}${outcome}`;
        counts.set(name, (counts.get(name) ?? 0) + 1);
        if (log) add(`${network.scheduler.now()} ${from.name} ${subject} ${JSON.stringify(message)}`);
        send(from, subject, message, replyTo);
      };
    },
    get log(): EventLog {
      return { length, digest, tail: tail.slice(-TAIL) };
    },
  };
}
