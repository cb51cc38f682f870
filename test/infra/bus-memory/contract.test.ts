import { MemoryNetwork } from '../../../infra/bus-memory/memory-network.js';
import { createRealScheduler } from '../../../infra/clock/real-scheduler.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';
import { until } from '../../support/until.js';
import { type BusRig, describeBus } from '../bus-contract.js';

describeBus('memory, wall-clock time', async () => {
  const network = new MemoryNetwork({ scheduler: createRealScheduler() });
  return rigOf(network, until);
});

describeBus('memory, virtual time', async () => {
  const scheduler = new VirtualScheduler();
  const network = new MemoryNetwork({ scheduler, faults: { delayMs: (random) => 5 * random() } });
  return rigOf(network, async (condition) => {
    if (!scheduler.run({ until: condition, limitMs: 1e6 })) throw new Error(`never so: ${condition}`);
  });
});

function rigOf(network: MemoryNetwork, wait: BusRig['until']): BusRig {
  const speaker = network.connect('speaker');
  const listener = network.connect('listener');
  return {
    speaker,
    listener,
    until: wait,
    close: async () => {
      await speaker.close();
      await listener.close();
    },
  };
}
