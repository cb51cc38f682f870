import { createRealScheduler } from '../../../infra/clock/real-scheduler.js';
import { connectNatsBus } from '../../../infra/nats/connect-bus.js';
import { silentLogger } from '../../../src/core/logger.js';
import type { Heard, ReceiverSettings } from './receiver.js';

process.once('message', async ({ connection, subject }: ReceiverSettings) => {
  const scheduler = createRealScheduler();
  const bus = await connectNatsBus(connection, { logger: silentLogger, scheduler });
  bus.subscribe(subject, () => process.send?.({ heardAtMs: scheduler.now() } satisfies Heard));
  // Its own message is the first that it hears, and tells its parent that it has subscribed.
  bus.publish(subject, { type: 'session.renewed', generation: 'probe' });
});
