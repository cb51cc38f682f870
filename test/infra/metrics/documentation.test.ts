import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { GatewayMetrics } from '../../../infra/metrics/gateway-metrics.js';
import { FakeGenerationService } from '../../support/fake-generation-service.js';

test('docs/metrics.md has a row for each metric, of its kind', async () => {
  const service = new FakeGenerationService();
  const metrics = new GatewayMetrics(
    () => service.health(),
    () => 0,
  );
  const text = await metrics.text();
  const there = [...text.matchAll(/^# TYPE (slipstream_\w+) (\w+)$/gm)].map(
    ([, name, kind]) => `${name} ${kind}`,
  );
  const document = await readFile(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
  const told = [...document.matchAll(/^\| (`slipstream_.*?`) \| (\w+) \|/gm)].flatMap(
    ([, names = '', kind]) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => `${name} ${kind}`),
  );
  expect(told.sort()).toEqual(there.sort());
  const asked = [...document.matchAll(/(slipstream_\w+?)(?:_sum|_bucket)?[[{)]/g)].map(([, name]) => name);
  expect(asked.length).toBeGreaterThan(5);
  for (const name of asked) expect(there.join()).toContain(`${name} `);
});
