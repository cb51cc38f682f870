import { beforeEach, describe, expect, it } from 'vitest';
import { GatewayMetrics } from '../../../infra/metrics/gateway-metrics.js';
import { meteredService } from '../../../src/app/metered-service.js';
import { BusyError, WorkerFailedError } from '../../../src/core/errors.js';
import { FakeGenerationService } from '../../support/fake-generation-service.js';

let service: FakeGenerationService;
let metrics: GatewayMetrics;
let nowMs: number;

beforeEach(() => {
  service = new FakeGenerationService();
  nowMs = 0;
  metrics = new GatewayMetrics(
    () => service.health(),
    () => nowMs,
  );
});

const create = () => meteredService(service, metrics).create({ prompt: 'p' });

/** The samples of our metrics that are not 0 or above a bucket, by name and labels but the model's. */
async function samples(): Promise<Record<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('slipstream_'));
  expect(lines.every((line) => line.includes('model_name="scripted"'))).toBe(true);
  const read = lines.map((line) => {
    const [, name = '', labels = '', value = ''] = /^slipstream_(\w+)\{(.*)\} (\S+)$/.exec(line) ?? [];
    const own = labels.split(',').filter((label) => !label.startsWith('model_name'));
    return [own.length > 0 ? `${name}{${own.join()}}` : name, Number(value)] as const;
  });
  return Object.fromEntries(read.filter(([name, value]) => value !== 0 && !name.includes('_bucket{')));
}

describe('the metrics of a gateway', () => {
  it('count tokens as they come', async () => {
    await create();
    const [generation] = service.generations;
    expect(await samples()).toEqual({ targets: 2, drafters: 1 });
    generation?.log.append('a', 'b');
    expect(await samples()).toMatchObject({
      generation_tokens_total: 2,
      time_to_first_token_seconds_count: 1,
    });
    generation?.log.append('c');
    expect(await samples()).toMatchObject({
      generation_tokens_total: 3,
      inter_token_latency_seconds_count: 2,
      // The scripted log has a token each millisecond.
      inter_token_latency_seconds_sum: 0.002,
    });
  });

  it('tell what a generation took when it has ended, by its drafter', async () => {
    service.script = (generation) => generation.log.append('a', 'b');
    await create();
    nowMs += 1500;
    service.generations[0]?.complete('length');
    expect(await samples()).toMatchObject({
      'request_success_total{finished_reason="length"}': 1,
      e2e_request_latency_seconds_sum: 1.5,
      prompt_tokens_total: 3,
      'spec_decode_num_drafts_total{drafter="guesses"}': 6,
      'spec_decode_num_draft_tokens_total{drafter="guesses"}': 4,
      'spec_decode_num_accepted_tokens_total{drafter="guesses"}': 3,
      'rollbacks_total{drafter="guesses"}': 1,
      'wasted_draft_tokens_total{drafter="guesses"}': 2,
    });
    expect(service.generations[0]?.log.watcherCount).toBe(0);
  });

  it('tell failures, cancellations and refusals apart', async () => {
    await create();
    await create();
    service.generations[0]?.fail(new WorkerFailedError('x'));
    service.generations[1]?.cancel();
    service.gate = async () => {
      throw new BusyError('full');
    };
    await expect(create()).rejects.toThrow('full');
    expect(await samples()).toMatchObject({
      'request_failure_total{code="worker_failed"}': 1,
      'request_success_total{finished_reason="cancelled"}': 1,
      'request_refused_total{code="busy"}': 1,
    });
  });

  it('measure passes of targets, what drafters take for a draft, and how long prompts take', async () => {
    const common = { generation: 'g', track: 'w', startMs: 1000 };
    metrics.trace({ ...common, kind: 'pass', endMs: 1040 });
    metrics.trace({ ...common, kind: 'draft', endMs: 1006, data: { ids: [1, 2, 3] } });
    metrics.trace({ ...common, kind: 'prefill', endMs: 1200, data: { role: 'target' } });
    metrics.trace({ ...common, kind: 'prefill', endMs: 1100, data: { role: 'drafter' } });
    metrics.trace({ ...common, kind: 'rollback' });
    expect(await samples()).toMatchObject({
      'forward_seconds_sum{role="target"}': 0.04,
      'forward_seconds_count{role="target"}': 1,
      'forward_seconds_sum{role="drafter"}': 0.006,
      'forward_seconds_count{role="drafter"}': 3,
      'prefill_seconds_sum{role="target"}': 0.2,
      'prefill_seconds_sum{role="drafter"}': 0.1,
    });
  });
});
