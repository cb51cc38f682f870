import { describe, expect, it } from 'vitest';
import { degradedFeatures } from '../../../infra/nats/server-features.js';

describe('what a server cannot do', () => {
  it('is more on older servers, and nothing on current ones or where the version is unknown', () => {
    expect(degradedFeatures('2.9.10').length).toBeGreaterThan(degradedFeatures('2.10.25').length);
    expect(degradedFeatures('2.10.25')).toEqual([
      'JetStream: no time to live per message, no pausing of consumers',
    ]);
    for (const version of ['2.11.0', '2.15.1', '3.0.0', 'unknown'])
      expect(degradedFeatures(version)).toEqual([]);
  });
});
