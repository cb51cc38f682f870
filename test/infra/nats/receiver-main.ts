import { createRealScheduler } from '../../../infra/clock/real-scheduler.js';
import { connectNatsBus } from '../../../infra/nats/connect-bus.js';
import { silentLogger } from '../../../src/core/logger.js';
import { DEFAULT_SUBJECT_PREFIX } from '../../../src/core/subjects.js';

/** A process that says when it heard something: settings come from its parent's message. */
interface Settings {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly subject: string;
}

process.once('message', async (settings: Settings) => {
  const scheduler = createRealScheduler();
  const bus = await connectNatsBus(
    { ...settings, servers: [settings.url], name: 'receiver', subjectPrefix: DEFAULT_SUBJECT_PREFIX },
    { logger: silentLogger, scheduler },
  );
  bus.subscribe(settings.subject, () => process.send?.({ heardAtMs: scheduler.now() }));
  bus.publish(settings.subject, { type: 'session.renewed', generation: 'probe' });
});
