import type { Bus } from '../../src/core/bus.js';

interface RoutedBusOptions {
  /** Where workers of other processes are. */
  readonly remote: Bus;
  /** Where workers of this process are: what they say, and what is said to them, stays here. */
  readonly local: Bus;
  isLocalWorker(workerId: string): boolean;
  /** Where what names no worker goes: the gateway's tokens to `remote`, a local drafter's drafts to `local`. */
  readonly announcesTo: 'remote' | 'local';
}

/**
 * Joins a bus inside the process to one between processes: what is addressed to a worker goes where that worker is.
 * Both are listened to, except that a subject of one worker is listened to where that worker is. Connection status is
 * the remote bus's, since the local one cannot fail.
 */
export function routeBus({ remote, local, isLocalWorker, announcesTo }: RoutedBusOptions): Bus {
  const announcements = announcesTo === 'local' ? local : remote;
  const homeOf = (subject: string): Bus => {
    const worker = addressedWorker(subject);
    if (worker === undefined) return announcements;
    return isLocalWorker(worker) ? local : remote;
  };
  return {
    publish: (subject, message) => homeOf(subject).publish(subject, message),
    subscribe: (subject, handler) => {
      if (addressedWorker(subject) !== undefined) return homeOf(subject).subscribe(subject, handler);
      const cancelRemote = remote.subscribe(subject, handler);
      const cancelLocal = local.subscribe(subject, handler);
      return () => {
        cancelRemote();
        cancelLocal();
      };
    },
    request: (subject, message, timeoutMs, onOutcome) =>
      homeOf(subject).request(subject, message, timeoutMs, onOutcome),
    flush: (done) => remote.flush(done),
    get status() {
      return remote.status;
    },
    onStatus: (handler) => remote.onStatus(handler),
    get rejectedMessages() {
      return remote.rejectedMessages + local.rejectedMessages;
    },
    close: async () => {
      await Promise.all([remote.close(), local.close()]);
    },
  };
}

/** The worker in `<prefix>.worker.<what>.<worker>`; undefined for other subjects and for every worker. */
function addressedWorker(subject: string): string | undefined {
  const [worker, , kind] = subject.split('.').reverse();
  return kind === 'worker' && worker !== '*' ? worker : undefined;
}
