import { ActorBook, type ShownActor } from './actors.js';
import { EventLog } from './event-log.js';
import type { Frame } from './frames.js';
import { SpanBook } from './span-book.js';

const MOST_PROCESSES = 200;

/** That something was left out, and when it last was. */
export interface Gaps {
  readonly count: number;
  readonly atMs: number;
  /** Of which process; undefined: this page was too slow, or of more than one. */
  readonly process: string | undefined;
}

/** All that the page shows. It knows no clock: whoever calls says what time it is. */
export class ConsoleModel {
  readonly actors = new ActorBook();
  readonly log = new EventLog();
  readonly spans = new SpanBook();
  private readonly known = new Set<string>();
  private readonly mute = new Set<string>();
  private lastGap: Gaps | undefined;

  get gaps(): Gaps | undefined {
    return this.lastGap;
  }

  /** Processes that are there and of which nothing was heard for a while. */
  get silent(): ReadonlySet<string> {
    return this.mute;
  }

  /** Processes that are there, or whose actors are still in sight. */
  get processes(): readonly string[] {
    const shown = this.actors.all().map(({ process }) => process);
    return [...new Set([...this.known, ...shown])].sort();
  }

  /** A new connection: what it does not tell of again is no more. */
  connected(nowMs: number): void {
    this.known.clear();
    this.mute.clear();
    this.actors.doubt(undefined, nowMs);
    this.spans.forgetClock();
    if (this.log.count > 0) this.log.note('connected anew', 'this page', nowMs);
  }

  apply(frame: Frame, nowMs: number): void {
    switch (frame.kind) {
      case 'process':
        if (this.known.size < MOST_PROCESSES) this.known.add(frame.process);
        this.actors.doubt(frame.process, nowMs);
        break;
      case 'gone':
        this.known.delete(frame.process);
        this.mute.delete(frame.process);
        this.actors.lost(frame.process, nowMs);
        break;
      case 'silent':
        if (frame.silent && this.known.has(frame.process)) this.mute.add(frame.process);
        else this.mute.delete(frame.process);
        break;
      case 'gap':
        this.gap(frame.process, nowMs);
        break;
      case 'actor':
        this.actors.appeared(frame, nowMs);
        break;
      case 'snapshot':
        this.actors.moved(frame, nowMs);
        break;
      case 'event': {
        this.actors.received(frame, nowMs);
        const actor = this.actors.get(frame.actor);
        this.log.event(frame, actor === undefined ? frame.actor : labelOf(actor));
        break;
      }
      case 'span':
        this.spans.add(frame, nowMs);
        break;
      default:
        frame satisfies never;
    }
  }

  /** Forgets what has been shown for long enough. */
  sweep(nowMs: number): void {
    this.actors.sweep(nowMs);
    this.spans.sweep(nowMs);
  }

  /** The viewer has seen the mark. */
  dismissGaps(): void {
    this.lastGap = undefined;
  }

  private gap(process: string | undefined, nowMs: number): void {
    const { count, process: before } = this.lastGap ?? { count: 0, process };
    this.lastGap = { count: count + 1, atMs: nowMs, process: before === process ? process : undefined };
    this.log.note('something was left out here', process ?? 'this page', nowMs);
  }
}

/** An actor's name among those of all processes: others may go by the first part of it. */
export function labelOf({ name, id }: Pick<ShownActor, 'name' | 'id'>): string {
  return `${name} (${id})`;
}
