import { createInterface } from 'node:readline';
import { cleanUp } from './clean-up.js';
import { processIdentity } from './process-identity.js';
import { KEEPER_READY, type KeeperOrder } from './protocol.js';

/** Workers inside a pass do not see a signal before it ends. */
const GRACE_MS = 2000;

const processes = new Map<number, string>();
const folders = new Set<string>();

// Only the end of the pipe ends a keeper: signals to a whole group reach its parent as well, and then this.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const orders = createInterface({ input: process.stdin });
orders.on('line', (line) => {
  const order = JSON.parse(line) as KeeperOrder;
  if (order.order === 'watchFolder') folders.add(order.path);
  else if (order.order === 'unwatchProcess') processes.delete(order.pid);
  else {
    const identity = processIdentity(order.pid);
    if (identity !== undefined) processes.set(order.pid, identity);
  }
});
orders.on('close', () => {
  void cleanUp({ processes, folders }, GRACE_MS).then(() => process.exit(0));
});
process.stdout.write(`${KEEPER_READY}\n`);
