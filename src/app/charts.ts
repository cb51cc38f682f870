import { ChartCollector } from '../../infra/charts/chart-collector.js';
import { ChartFeed } from '../../infra/charts/chart-feed.js';
import { ChartRecorder } from '../../infra/charts/chart-recorder.js';
import type { ChartSource } from '../core/chart-frames.js';
import type { ActorPorts } from '../core/ports.js';
import type { TraceSink } from '../core/trace.js';
import type { ActorCharts } from './actor-options.js';

/** The state charts of one process on its bus, and from there those of every other. */
export interface ProcessCharts extends ActorCharts {
  readonly trace: TraceSink;
  /** Of every process, this one included. */
  readonly source: ChartSource;
  close(): void;
}

/** `process` names this one to viewers; unique per start. Silent until somebody looks. */
export function openCharts(process: string, ports: ActorPorts): ProcessCharts {
  const recorder = new ChartRecorder(ports.scheduler, ports.logger);
  const feed = new ChartFeed({ process, recorder, ...ports });
  const source = new ChartCollector(ports);
  return {
    enrol: (actor, facts, name) => recorder.enrol(actor, facts, name),
    trace: recorder.trace,
    source,
    close: () => {
      feed.close();
      source.close();
    },
  };
}
