import type { Bus } from '../../src/core/bus.js';
import type { ChartFrame } from '../../src/core/chart-frames.js';
import type { ChartsShown, ChartsWatched } from '../../src/core/messages.js';
import type { Cancel, Scheduler } from '../../src/core/scheduler.js';
import type { Subjects } from '../../src/core/subjects.js';
import type { ChartRecorder } from './chart-recorder.js';

/** A process that has nothing to show says so this often, so that viewers know it from a dead one. */
const SIGN_OF_LIFE_MS = 1000;
/** Frames in one message, which keeps it below what NATS takes. */
const MOST_FRAMES = 500;

interface ChartFeedOptions {
  /** Names this process to viewers; unique per start. */
  readonly process: string;
  readonly recorder: ChartRecorder;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly scheduler: Scheduler;
}

/** Shows the charts of one process on the bus while somebody anywhere looks, and is silent otherwise. */
export class ChartFeed {
  private seq = 0;
  private watchedUntilMs: number | undefined;
  private readonly stopListening: Cancel;
  private stopTimer: Cancel | undefined;
  private shownAtMs = 0;

  constructor(private readonly options: ChartFeedOptions) {
    const { bus, subjects } = options;
    this.stopListening = bus.subscribe(subjects.inspectWatch, ({ message }) => {
      if (message.type === 'charts.watched') this.watched(message);
    });
  }

  /** Tells whoever looks that nothing follows. Closing twice is harmless. */
  close(): void {
    this.stopListening();
    if (this.watchedUntilMs === undefined) return;
    this.show([], { ends: true });
    this.rest();
  }

  private watched({ leaseMs, afresh, process }: ChartsWatched): void {
    if (process !== undefined && process !== this.options.process) return;
    const { recorder, scheduler } = this.options;
    const isFirst = this.watchedUntilMs === undefined;
    this.watchedUntilMs = Math.max(this.watchedUntilMs ?? 0, scheduler.now() + leaseMs);
    if (isFirst) {
      // Whoever still looks brings it back.
      recorder.watch(
        (frames, omitted) => this.show(frames, { omitted }),
        () => this.rest(),
      );
      this.check();
    }
    if (isFirst || afresh) this.show(recorder.present(), { afresh: true });
  }

  private check(): void {
    const { scheduler } = this.options;
    this.stopTimer = scheduler.schedule(SIGN_OF_LIFE_MS, () => {
      const now = scheduler.now();
      if (now >= (this.watchedUntilMs ?? 0)) return this.rest();
      if (now - this.shownAtMs >= SIGN_OF_LIFE_MS) this.show([], {});
      this.check();
    });
  }

  private rest(): void {
    this.watchedUntilMs = undefined;
    this.stopTimer?.();
    this.options.recorder.unwatch();
  }

  private show(
    frames: readonly ChartFrame[],
    { afresh = false, omitted = 0, ends = false }: Partial<Pick<ChartsShown, 'afresh' | 'omitted' | 'ends'>>,
  ): void {
    const { process, bus, subjects, scheduler } = this.options;
    this.shownAtMs = scheduler.now();
    let begin = 0;
    do {
      const part = frames.slice(begin, begin + MOST_FRAMES);
      const isFirst = begin === 0;
      begin += MOST_FRAMES;
      bus.publish(subjects.inspectCharts(process), {
        type: 'charts.shown',
        process,
        seq: this.seq++,
        afresh: afresh && isFirst,
        omitted: isFirst ? omitted : 0,
        ends,
        frames: part,
      });
    } while (begin < frames.length);
  }
}
