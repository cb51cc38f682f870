import { describe, expect, it } from 'vitest';
import { MemoryNetwork } from '../../../infra/bus-memory/memory-network.js';
import { routeBus } from '../../../infra/bus-routed/routed-bus.js';
import { createSubjects } from '../../../src/core/subjects.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';
import { committed, describeBus } from '../bus-contract.js';

function setUp(announcesTo: 'remote' | 'local' = 'remote') {
  const scheduler = new VirtualScheduler();
  const remoteNetwork = new MemoryNetwork({ scheduler });
  const localNetwork = new MemoryNetwork({ scheduler });
  return {
    scheduler,
    remotePeer: remoteNetwork.connect('peer'),
    localWorker: localNetwork.connect('worker'),
    bus: routeBus({
      remote: remoteNetwork.connect('gateway'),
      local: localNetwork.connect('gateway'),
      isLocalWorker: (worker) => worker === 'here',
      announcesTo,
    }),
  };
}

describeBus('routed, to a remote peer', async () => {
  const { scheduler, bus, remotePeer } = setUp();
  return {
    speaker: bus,
    listener: remotePeer,
    until: async (condition) => {
      if (!scheduler.run({ until: condition, limitMs: 1e6 })) throw new Error(`never so: ${condition}`);
    },
    close: async () => {
      await bus.close();
      await remotePeer.close();
    },
  };
});

describe('routed bus', () => {
  const subjects = createSubjects();

  it('speaks to each worker where it is, and nowhere else', () => {
    const { scheduler, bus, remotePeer, localWorker } = setUp();
    const heard: string[] = [];
    for (const worker of ['here', 'there']) {
      remotePeer.subscribe(subjects.workerDraft(worker), () => heard.push(`${worker} remote`));
      localWorker.subscribe(subjects.workerDraft(worker), () => heard.push(`${worker} local`));
      bus.publish(subjects.workerDraft(worker), committed(0));
    }
    scheduler.run();
    expect(heard).toEqual(['here local', 'there remote']);
  });

  it('asks a local worker', () => {
    const { scheduler, bus, localWorker } = setUp();
    const answers: string[] = [];
    localWorker.subscribe(subjects.workerSession('here'), (delivery) => delivery.respond(committed(1)));
    bus.request(subjects.workerSession('here'), committed(0), 100, ({ kind }) => answers.push(kind));
    bus.request(subjects.workerSession('there'), committed(0), 100, ({ kind }) => answers.push(kind));
    scheduler.run();
    expect(answers.sort()).toEqual(['noResponders', 'reply']);
  });

  it('hears generations and announcements from both, each once', () => {
    const { scheduler, bus, remotePeer, localWorker } = setUp();
    const heard: string[] = [];
    bus.subscribe(subjects.generationProposals('g1'), ({ subject }) => heard.push(subject));
    const cancel = bus.subscribe(subjects.everyWorkerStatus, ({ subject }) => heard.push(subject));
    for (const peer of [remotePeer, localWorker])
      peer.publish(subjects.generationProposals('g1'), committed(0));
    localWorker.publish(subjects.workerStatus('here'), committed(0));
    remotePeer.publish(subjects.workerStatus('there'), committed(0));
    scheduler.run();
    cancel();
    remotePeer.publish(subjects.workerStatus('there'), committed(0));
    localWorker.publish(subjects.workerStatus('here'), committed(0));
    scheduler.run();
    expect(heard.sort()).toEqual([
      'dsi.v1.generation.proposals.g1',
      'dsi.v1.generation.proposals.g1',
      'dsi.v1.worker.status.here',
      'dsi.v1.worker.status.there',
    ]);
  });

  it.each(['remote', 'local'] as const)(
    'says what is addressed to nobody where it is told to: %s',
    (where) => {
      const { scheduler, bus, remotePeer, localWorker } = setUp(where);
      const heard: string[] = [];
      remotePeer.subscribe(subjects.generationTokens('g1'), () => heard.push('remote'));
      localWorker.subscribe(subjects.generationTokens('g1'), () => heard.push('local'));
      bus.publish(subjects.generationTokens('g1'), committed(0));
      scheduler.run();
      expect(heard).toEqual([where]);
    },
  );

  it('counts what both rejected', () => {
    const { scheduler, bus, remotePeer, localWorker } = setUp();
    bus.subscribe(subjects.generationTokens('g1'), () => {});
    for (const peer of [remotePeer, localWorker])
      peer.publish(subjects.generationTokens('g1'), { ...committed(0), seq: -1 });
    scheduler.run();
    expect(bus.rejectedMessages).toBe(2);
  });
});
