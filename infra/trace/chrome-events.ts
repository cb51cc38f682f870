import type { TraceEvent } from '../../src/core/trace.js';

const PROCESS = 1;

/**
 * Trace events as entries of the Trace Event Format: one thread per track, passes as slices on it. What may overlap
 * on its track (jobs in flight, generations) becomes an asynchronous pair, since slices of a thread must nest.
 */
export class ChromeEventEncoder {
  private readonly threads = new Map<string, number>();
  private pairs = 0;

  /** Times are written relative to `originMs`. */
  constructor(private readonly originMs: number) {}

  /** One or more JSON objects, without separators. */
  encode(event: TraceEvent): string[] {
    const lines: string[] = [];
    const tid = this.thread(event.track, lines);
    const common = {
      name: event.kind,
      cat: event.kind,
      pid: PROCESS,
      tid,
      ts: this.microseconds(event.startMs),
    };
    const args = { generation: event.generation, ...event.data };
    if (event.endMs === undefined) {
      lines.push(JSON.stringify({ ...common, ph: 'i', s: 't', args }));
    } else if (event.kind === 'job' || event.kind === 'generation') {
      const id = ++this.pairs;
      const ts = this.microseconds(Math.max(event.startMs, event.endMs));
      lines.push(JSON.stringify({ ...common, ph: 'b', id, args }));
      lines.push(JSON.stringify({ ...common, ph: 'e', id, ts }));
    } else {
      const dur = round(Math.max(0, event.endMs - event.startMs) * 1000);
      lines.push(JSON.stringify({ ...common, ph: 'X', dur, args }));
    }
    return lines;
  }

  private thread(track: string, lines: string[]): number {
    const known = this.threads.get(track);
    if (known !== undefined) return known;
    const tid = this.threads.size + 1;
    this.threads.set(track, tid);
    const common = { ph: 'M', pid: PROCESS, tid };
    lines.push(JSON.stringify({ ...common, name: 'thread_name', args: { name: track } }));
    lines.push(JSON.stringify({ ...common, name: 'thread_sort_index', args: { sort_index: tid } }));
    return tid;
  }

  private microseconds(atMs: number): number {
    return round((atMs - this.originMs) * 1000);
  }
}

function round(microseconds: number): number {
  return Math.round(microseconds * 10) / 10;
}
