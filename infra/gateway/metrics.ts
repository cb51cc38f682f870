import type { Serve } from './respond.js';

/** What this server counts and measures, as Prometheus reads it. */
export interface MetricsSource {
  readonly contentType: string;
  text(): Promise<string>;
}

export function serveMetrics(source: MetricsSource): Serve {
  return async (exchange) => {
    const body = await source.text();
    exchange.answer({ status: 200, body, headers: { 'content-type': source.contentType } });
  };
}
