import { afterAll, beforeAll, describe } from 'vitest';
import { createMemoryBus } from '../../../infra/bus-memory/memory-network.js';
import { routeBus } from '../../../infra/bus-routed/routed-bus.js';
import { createRealScheduler } from '../../../infra/clock/real-scheduler.js';
import type { EmbeddedServer } from '../../../infra/nats-server/embedded-server.js';
import { connectTestBus, currentServerBinary, oldServerBinary, startTestServer } from '../../support/nats.js';
import { until } from '../../support/until.js';
import { type BusRig, describeBus } from '../bus-contract.js';

const old = await oldServerBinary();
const binaries = [
  ['current nats-server', await currentServerBinary()],
  ...(old === undefined ? [] : [["Debian's nats-server", old] as const]),
] as const;

describe.each(binaries)('%s', (name, binary) => {
  let server: EmbeddedServer;
  beforeAll(async () => {
    server = await startTestServer({ binary });
  });
  afterAll(() => server.stop());

  const rig = async (route: boolean): Promise<BusRig> => {
    const direct = await connectTestBus(server);
    const listener = await connectTestBus(server);
    const speaker = route
      ? routeBus({
          remote: direct,
          local: createMemoryBus({ scheduler: createRealScheduler() }),
          isLocalWorker: () => false,
          announcesTo: 'remote',
        })
      : direct;
    return {
      speaker,
      listener,
      until,
      close: async () => {
        await speaker.close();
        await listener.close();
      },
    };
  };

  describeBus(name, () => rig(false));
  describeBus(`${name}, routed`, () => rig(true));
});
