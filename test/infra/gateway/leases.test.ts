import { beforeEach, describe, expect, test } from 'vitest';
import { Leases } from '../../../infra/gateway/leases.js';
import { silentLogger } from '../../../src/core/logger.js';
import { VirtualScheduler } from '../../../src/core/virtual-scheduler.js';
import { FakeGenerationService, type ScriptedGeneration } from '../../support/fake-generation-service.js';

let scheduler: VirtualScheduler;
let leases: Leases;
let generation: ScriptedGeneration;

beforeEach(async () => {
  scheduler = new VirtualScheduler();
  leases = new Leases(scheduler, 60_000, silentLogger);
  const service = new FakeGenerationService();
  await service.create({ prompt: 'x' });
  [generation] = service.generations as [ScriptedGeneration];
});

function advance(ms: number): void {
  const limitMs = scheduler.now() + ms;
  scheduler.schedule(ms, () => {});
  scheduler.run({ limitMs });
}

describe('Leases', () => {
  test('cancel what nobody has followed for the whole lease', () => {
    leases.add(generation);
    advance(59_999);
    expect(generation.log.end).toBeUndefined();
    advance(1);
    expect(generation.log.end?.outcome).toBe('cancelled');
  });

  test('last while at least one follows, and begin anew when the last one leaves', () => {
    leases.add(generation);
    const releases = [leases.hold(generation.id), leases.hold(generation.id)];
    advance(200_000);
    releases[0]?.();
    releases[0]?.();
    advance(200_000);
    expect(generation.log.end).toBeUndefined();
    releases[1]?.();
    advance(59_999);
    expect(generation.log.end).toBeUndefined();
    leases.hold(generation.id)();
    advance(59_999);
    expect(generation.log.end).toBeUndefined();
    advance(1);
    expect(generation.log.end?.outcome).toBe('cancelled');
  });

  test('of generations that were created elsewhere are nobody’s business here', () => {
    leases.hold(generation.id)();
    advance(200_000);
    leases.close();
    expect(generation.log.end).toBeUndefined();
  });

  test('end with what they are about: a finished generation is not cancelled', () => {
    leases.add(generation);
    generation.complete();
    advance(60_000);
    expect(generation.log.end?.outcome).toBe('completed');
  });

  test('closing cancels all that runs', () => {
    leases.add(generation);
    leases.close();
    expect(generation.log.end?.outcome).toBe('cancelled');
  });
});
