import type { Bus } from '../../src/core/bus.js';
import type {
  ChartBatch,
  ChartFrame,
  ChartFrameOf,
  ChartSource,
  ChartViewing,
} from '../../src/core/chart-frames.js';
import type { ChartsShown } from '../../src/core/messages.js';
import type { Cancel, Scheduler } from '../../src/core/scheduler.js';
import type { Subjects } from '../../src/core/subjects.js';

/** How often processes are told that somebody looks, and asked again for what was lost. */
const WATCH_MS = 1000;
/** How long they believe it. */
const LEASE_MS = 5000;
/** A process gives a sign of life each second: one that is silent for so long is marked. */
const SILENT_MS = 3000;
/** A process that is silent for so long is gone, or is taken for that: one that was in a long pass is met again. */
const GONE_MS = 15_000;

/** What is known of one process. */
interface Known {
  /** Of the next message; undefined: one was lost, and all that is there was asked for. */
  nextSeq: number | undefined;
  heardAtMs: number;
  silent: boolean;
  readonly machines: Map<string, ChartFrameOf<'machine'>>;
  readonly actors: Map<string, ChartFrameOf<'actor'>>;
}

interface CollectorOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly scheduler: Scheduler;
}

/**
 * The charts of every process on the bus, for any number of viewers in this one. It listens only while there are some,
 * keeps what is there so that a new viewer sees it at once, and asks anew when a message was lost.
 */
export class ChartCollector implements ChartSource {
  private readonly viewers = new Set<(batch: ChartBatch) => void>();
  private readonly processes = new Map<string, Known>();
  private stopListening: Cancel | undefined;
  private stopTimer: Cancel | undefined;

  constructor(private readonly options: CollectorOptions) {}

  join(show: (batch: ChartBatch) => void): ChartViewing {
    // One function may view twice.
    const viewer = (batch: ChartBatch) => show(batch);
    const { scheduler } = this.options;
    let stopRepeat: Cancel | undefined;
    const repeat = () => {
      this.viewers.delete(viewer);
      stopRepeat ??= scheduler.schedule(0, () => {
        stopRepeat = undefined;
        for (const [process, known] of this.processes) viewer(present(process, known));
        this.viewers.add(viewer);
        this.listen();
      });
    };
    repeat();
    return {
      repeat,
      leave: () => {
        stopRepeat?.();
        this.viewers.delete(viewer);
        if (this.viewers.size === 0) this.rest();
      },
    };
  }

  close(): void {
    this.viewers.clear();
    this.rest();
  }

  private listen(): void {
    if (this.stopListening !== undefined) return;
    const { bus, subjects } = this.options;
    this.stopListening = bus.subscribe(subjects.everyInspectCharts, ({ message }) => {
      if (message.type === 'charts.shown') this.take(message);
    });
    this.ask(undefined);
    this.tick();
  }

  private rest(): void {
    this.stopListening?.();
    this.stopListening = undefined;
    this.stopTimer?.();
    this.processes.clear();
  }

  private tick(): void {
    const { scheduler } = this.options;
    this.stopTimer = scheduler.schedule(WATCH_MS, () => {
      this.markSilence();
      this.watch({ afresh: false });
      for (const [process, { nextSeq }] of this.processes) if (nextSeq === undefined) this.ask(process);
      this.tick();
    });
  }

  private markSilence(): void {
    const now = this.options.scheduler.now();
    for (const [process, known] of [...this.processes]) {
      const silentMs = now - known.heardAtMs;
      if (silentMs > GONE_MS) this.forget(process);
      else if (silentMs > SILENT_MS) this.noteSilent(process, known, true);
    }
  }

  private noteSilent(process: string, known: Known, silent: boolean): void {
    if (known.silent === silent) return;
    known.silent = silent;
    this.show({ process, afresh: false, gap: false, gone: false, silent, frames: [] });
  }

  private take(message: ChartsShown): void {
    const { process, seq, afresh, omitted, ends, frames } = message;
    if (ends) {
      this.forget(process);
      return;
    }
    const known = this.processes.get(process) ?? this.meet(process);
    known.heardAtMs = this.options.scheduler.now();
    this.noteSilent(process, known, false);
    if (!afresh && seq !== known.nextSeq) {
      if (known.nextSeq !== undefined) {
        known.nextSeq = undefined;
        this.ask(process);
      }
      return;
    }
    known.nextSeq = seq + 1;
    if (afresh) {
      known.machines.clear();
      known.actors.clear();
    }
    for (const frame of frames) keep(known, frame);
    if (frames.length > 0 || afresh) this.show({ process, afresh, gap: omitted > 0, gone: false, frames });
  }

  /** Its first message is one with all that is there, or is as good as lost. */
  private meet(process: string): Known {
    const known: Known = {
      nextSeq: undefined,
      heardAtMs: 0,
      silent: false,
      machines: new Map(),
      actors: new Map(),
    };
    this.processes.set(process, known);
    return known;
  }

  private forget(process: string): void {
    if (!this.processes.delete(process)) return;
    this.show({ process, afresh: true, gap: false, gone: true, frames: [] });
  }

  private show(batch: ChartBatch): void {
    for (const viewer of [...this.viewers]) viewer(batch);
  }

  private ask(process: string | undefined): void {
    this.watch({ afresh: true, ...(process !== undefined && { process }) });
  }

  private watch(what: { readonly afresh: boolean; readonly process?: string }): void {
    const { bus, subjects } = this.options;
    bus.publish(subjects.inspectWatch, { type: 'charts.watched', leaseMs: LEASE_MS, ...what });
  }
}

function present(process: string, { machines, actors, silent }: Known): ChartBatch {
  return {
    process,
    afresh: true,
    gap: false,
    gone: false,
    ...(silent && { silent }),
    frames: [...machines.values(), ...actors.values()],
  };
}

/** An actor that has ended is shown once more, and forgotten. */
function keep({ machines, actors }: Known, frame: ChartFrame): void {
  switch (frame.kind) {
    case 'machine':
      machines.set(frame.machine, frame);
      return;
    case 'actor':
      actors.set(frame.actor, frame);
      return;
    case 'snapshot': {
      const actor = actors.get(frame.actor);
      if (actor === undefined) return;
      const { status, states, facts, atMs } = frame;
      if (status === 'active') actors.set(frame.actor, { ...actor, status, states, facts, atMs });
      else actors.delete(frame.actor);
      return;
    }
    case 'event':
    case 'span':
      return;
    default:
      frame satisfies never;
  }
}
