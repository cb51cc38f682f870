/** A worker, for a test: prints a line when its parent is gone. With `late` it first asks when that is so. */
import { setImmediate } from 'node:timers/promises';
import { createRealScheduler } from '../../../infra/clock/real-scheduler.js';
import { openParentLink } from '../../../infra/worker-process/parent-link.js';

const link = openParentLink(createRealScheduler());
if (process.argv[2] === 'late') while (process.connected) await setImmediate();
link.onGone(() => {
  process.stdout.write('gone\n', () => process.exit());
});
