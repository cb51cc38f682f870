import type { GenerationHandle, ServiceHealth } from '../../src/core/engine.js';
import { SlipstreamError } from '../../src/core/errors.js';
import type { TraceEvent } from '../../src/core/trace.js';
import { followGeneration } from './follow-generation.js';
import { type GenerationMeters, generationMeters } from './generation-meters.js';
import { type Count, MetricsRegistry, type Observe } from './registry.js';

const PREFILL_S = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const FORWARD_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What one gateway counts and measures. Names and buckets are those of vLLM where it has the same. */
export class GatewayMetrics {
  private readonly registry: MetricsRegistry;
  private readonly meters: GenerationMeters;
  private readonly forward: Observe;
  private readonly prefill: Observe;
  private readonly refused: Count;

  /** `now`: milliseconds, on the clock of the generations. */
  constructor(
    health: () => ServiceHealth,
    private readonly now: () => number,
  ) {
    const registry = new MetricsRegistry({ model_name: health().model });
    this.registry = registry;
    this.meters = generationMeters(registry);
    this.forward = registry.histogram(
      'forward_seconds',
      'A pass of a target; what a drafter took for a draft',
      FORWARD_S,
      ['role'],
    );
    this.prefill = registry.histogram(
      'prefill_seconds',
      'Until a worker that was asked to had read a prompt',
      PREFILL_S,
      ['role'],
    );
    this.refused = registry.counter('request_refused_total', 'Requests that the engine refused', ['code']);
    registry.gauge('num_requests_running', 'Generations that run', () => health().running);
    registry.gauge('num_requests_waiting', 'Generations that wait for a place', () => health().waiting);
    registry.gauge('targets', 'Targets that a new generation would use', () => health().targets);
    registry.gauge('drafters', 'Drafters that a new generation would use', () => health().drafters);
  }

  /** A request has come: counts what its generation does, until that ends. */
  begin() {
    const beganAtMs = this.now();
    return {
      created: (handle: GenerationHandle) => followGeneration(handle, this.meters, beganAtMs, this.now),
      refused: (error: unknown) => {
        this.refused(1, { code: error instanceof SlipstreamError ? error.code : 'internal_error' });
      },
    };
  }

  /** Of any generation here. */
  readonly trace = ({ kind, startMs, endMs = startMs, data }: TraceEvent): void => {
    const seconds = (endMs - startMs) / 1000;
    if (kind === 'pass') this.forward(seconds, { role: 'target' });
    if (kind === 'prefill') this.prefill(seconds, { role: String(data?.role) });
    if (kind !== 'draft') return;
    const drafts = Array.isArray(data?.ids) ? data.ids.length : 1;
    for (let draft = 0; draft < drafts; draft++) this.forward(seconds / drafts, { role: 'drafter' });
  };

  /** In Prometheus' text format. */
  text(): Promise<string> {
    return this.registry.text();
  }

  get contentType(): string {
    return this.registry.contentType;
  }
}
