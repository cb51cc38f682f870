import { ClosedSessions } from '../../actors/rollback-controller/closed-sessions.js';
import type { ActorPorts } from '../core/ports.js';
import type { WorkerDirectory } from './worker-directory.js';

/** One for all generations of a gateway, told of its connection and its workers until the bus and the directory end. */
export function connectClosedSessions(
  ports: Pick<ActorPorts, 'bus' | 'subjects' | 'scheduler'>,
  directory: WorkerDirectory,
  leaseMs: number,
): ClosedSessions {
  const closed = new ClosedSessions(ports, leaseMs);
  ports.bus.onStatus((status) => {
    if (status === 'connected') closed.reconnected();
  });
  directory.listen((event) => {
    if (event.type === 'worker.heard') closed.heard(event.worker);
    else if (event.type === 'worker.joined') closed.heard(event.announced.worker);
  });
  return closed;
}
