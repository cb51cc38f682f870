import { describe, expect, it } from 'vitest';
import { MemoryNetwork } from '../../infra/bus-memory/memory-network.js';
import { VirtualScheduler } from '../../src/core/virtual-scheduler.js';
import { fromSubject } from '../../streams/bus-source.js';

describe('fromSubject', () => {
  it('emits the messages of its subject while subscribed, and holds no subscription otherwise', () => {
    const scheduler = new VirtualScheduler();
    const network = new MemoryNetwork({ scheduler });
    const [here, there] = [network.connect('here'), network.connect('there')];
    const messages$ = fromSubject(here, 'x.y');
    const say = (subject: string, generation: string) => {
      there.publish(subject, { type: 'generation.cancelled', generation });
      scheduler.run();
    };
    const seen: string[] = [];
    say('x.y', 'before');
    const subscription = messages$.subscribe((message) => {
      if (message.type === 'generation.cancelled') seen.push(message.generation);
    });
    expect(network.hasReceiver('x.y')).toBe(true);
    say('x.y', 'during');
    say('x.z', 'elsewhere');
    subscription.unsubscribe();
    expect(network.hasReceiver('x.y')).toBe(false);
    say('x.y', 'after');
    expect(seen).toEqual(['during']);
  });

  it('is given to every subscriber', () => {
    const scheduler = new VirtualScheduler();
    const bus = new MemoryNetwork({ scheduler }).connect('here');
    const messages$ = fromSubject(bus, 'x');
    let seen = 0;
    for (let i = 0; i < 3; i++) messages$.subscribe(() => seen++);
    bus.publish('x', { type: 'generation.cancelled', generation: 'g' });
    scheduler.run();
    expect(seen).toBe(3);
  });
});
