import type { ChartBatch, ChartFrame } from '../../src/core/chart-frames.js';
import { stateValue } from './chart-states.js';

/** The version of `@statelyai/inspect` whose frames these are (src/types.ts there): what its receivers look for. */
const FRAME_VERSION = '0.7.2';

/**
 * A batch as viewers get it: actors, events and snapshots as `@statelyai/inspect` has them, so that its receivers take
 * them as they are, and besides those what it has no frame for (`slipstream.*`). Keeps the machines of each process:
 * there every actor carries its own.
 */
export class StatelyFrames {
  private readonly definitions = new Map<string, Map<string, string>>();
  private readonly written = new WeakMap<ChartBatch, readonly string[]>();

  /** JSON objects, which lack what is another for every viewer: `seq` and `id`. Made once, however many view. */
  of(batch: ChartBatch): readonly string[] {
    const known = this.written.get(batch);
    if (known !== undefined) return known;
    const texts = this.framesOf(batch).map((frame) => JSON.stringify(frame));
    this.written.set(batch, texts);
    return texts;
  }

  private framesOf(batch: ChartBatch): object[] {
    const { process, afresh, gap, gone, silent } = batch;
    if (gone) this.definitions.delete(process);
    const marks = [
      ...(gone ? [{ type: 'slipstream.process.gone', process }] : []),
      ...(afresh && !gone ? [{ type: 'slipstream.process', process }] : []),
      ...(gap ? [{ type: 'slipstream.gap', process }] : []),
      ...(silent === undefined ? [] : [{ type: 'slipstream.process.silent', process, silent }]),
    ];
    return [...marks, ...batch.frames.flatMap((frame) => this.frame(process, frame))];
  }

  private frame(process: string, frame: ChartFrame): object[] {
    switch (frame.kind) {
      case 'machine':
        this.machinesOf(process).set(frame.machine, JSON.stringify(frame.definition));
        return [];
      case 'actor': {
        const { actor, parent, machine, name, atMs } = frame;
        return [
          {
            type: '@xstate.actor',
            name,
            machine,
            definition: this.machinesOf(process).get(machine) ?? JSON.stringify({ id: machine }),
            parentId: parent === undefined ? undefined : `${process}/${parent}`,
            snapshot: snapshotOf(frame),
            ...this.common(process, actor, atMs),
          },
        ];
      }
      case 'event': {
        const { actor, source, event, atMs } = frame;
        return [
          {
            type: '@xstate.event',
            event,
            sourceId: source === undefined ? undefined : `${process}/${source}`,
            ...this.common(process, actor, atMs),
          },
        ];
      }
      case 'snapshot': {
        const { actor, event, visited, atMs } = frame;
        return [
          {
            type: '@xstate.snapshot',
            event: { type: event },
            snapshot: snapshotOf(frame),
            visited,
            ...this.common(process, actor, atMs),
          },
        ];
      }
      case 'span': {
        const { span, track, generation, startMs, endMs, facts } = frame;
        return [{ type: 'slipstream.span', process, span, track, generation, startMs, endMs, facts }];
      }
      default:
        return frame satisfies never;
    }
  }

  /** `rootId` is the actor itself: whose child it is says `parentId`. */
  private common(process: string, actor: string, atMs: number) {
    const sessionId = `${process}/${actor}`;
    return {
      process,
      sessionId,
      rootId: sessionId,
      createdAt: String(Math.round(atMs)),
      _version: FRAME_VERSION,
    };
  }

  private machinesOf(process: string): Map<string, string> {
    const known = this.definitions.get(process);
    if (known !== undefined) return known;
    const machines = new Map<string, string>();
    this.definitions.set(process, machines);
    return machines;
  }
}

function snapshotOf({
  status,
  states,
  facts,
}: {
  readonly status: string;
  readonly states: readonly string[];
  readonly facts: object;
}) {
  return { status, value: stateValue(states), context: facts };
}
