import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const PREFIX = 'slipstream_';

export type Labels = Readonly<Record<string, string>>;

/** Adds to a sum that only grows. */
export type Count = (amount?: number, labels?: Labels) => void;
/** Takes a measured value, in seconds. */
export type Observe = (seconds: number, labels?: Labels) => void;

/** The metrics of this process, besides those of Node itself: one file for the library that keeps them. */
export class MetricsRegistry {
  private readonly registry = new Registry();

  /** `labels`: on everything. */
  constructor(labels: Labels) {
    this.registry.setDefaultLabels(labels);
    collectDefaultMetrics({ register: this.registry });
  }

  counter(name: string, help: string, labelNames: readonly string[] = []): Count {
    const counter = new Counter({ ...this.common(name, help), labelNames: [...labelNames] });
    return (amount = 1, labels = {}) => counter.inc(labels, amount);
  }

  /** `buckets`: their upper ends, seconds. */
  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly string[] = [],
  ): Observe {
    const options = { ...this.common(name, help), labelNames: [...labelNames], buckets: [...buckets] };
    const histogram = new Histogram(options);
    return (seconds, labels = {}) => histogram.observe(labels, seconds);
  }

  /** `read` is called whenever the metrics are asked for. */
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      ...this.common(name, help),
      collect() {
        this.set(read());
      },
    });
  }

  /** In Prometheus' text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  private common(name: string, help: string) {
    return { name: `${PREFIX}${name}`, help, registers: [this.registry] };
  }
}
