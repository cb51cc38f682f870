import { z } from 'zod';

/**
 * What can be seen of running state charts. It names actors, states, counts and times: no token, no text, no prompt,
 * and no hash of a path, from which tokens could be guessed one by one.
 */

const word = z.string().max(128);
const states = z.array(word).max(32);
const status = z.enum(['active', 'done', 'error', 'stopped']);
/** Numbers, switches and short texts by name. */
const facts = z.looseObject({});
const atMs = z.number();

/** A machine as it is written, once per process: actors name it. */
const chartMachine = z.object({
  kind: z.literal('machine'),
  machine: word,
  definition: z.looseObject({}),
});

/** An actor that is there; `actor` is unique in its process. */
const chartActor = z.object({
  kind: z.literal('actor'),
  actor: word,
  parent: word.optional(),
  machine: word,
  name: word,
  status,
  /** Active leaves, each with its ancestors: `running.speculating`. */
  states,
  facts,
  atMs,
});

/** An event that an actor received. */
const chartEvent = z.object({
  kind: z.literal('event'),
  actor: word,
  source: word.optional(),
  /** Its type, and what of it may be shown. */
  event: z.looseObject({ type: word }),
  atMs,
});

/** Where an actor is now; sent some times a second at most, however often it moves. */
const chartSnapshot = z.object({
  kind: z.literal('snapshot'),
  actor: word,
  /** The type of the event that brought it here. */
  event: word,
  status,
  states,
  /** Every state that was entered since the last snapshot, the first ones of them where there are many. */
  visited: states,
  facts,
  atMs,
});

/** What took time on a worker, or happened in a generation. */
const chartSpan = z.object({
  kind: z.literal('span'),
  span: z.enum(['draft', 'job', 'pass', 'verdict', 'rollback', 'commit', 'prefill', 'generation']),
  /** A worker's id, or `controller`. */
  track: word,
  generation: word,
  startMs: z.number(),
  endMs: z.number().optional(),
  facts,
});

export const chartFrameSchema = z.discriminatedUnion('kind', [
  chartMachine,
  chartActor,
  chartEvent,
  chartSnapshot,
  chartSpan,
]);

export type ChartFrame = z.infer<typeof chartFrameSchema>;
export type ChartFrameOf<Kind extends ChartFrame['kind']> = Extract<ChartFrame, { kind: Kind }>;
export type ChartFact = number | string | boolean;
export type ChartFacts = Readonly<Record<string, ChartFact>>;

/** What one process has to show, as a viewer gets it. */
export interface ChartBatch {
  readonly process: string;
  /** What was known of this process no longer holds: the frames begin with all that is there. */
  readonly afresh: boolean;
  /** Something was left out before these frames. */
  readonly gap: boolean;
  /** The process is no more, or was silent for long; nothing follows. */
  readonly gone: boolean;
  /** Nothing was heard of it for a while: it may be in a long pass, cut off, or gone. False: it was heard again. */
  readonly silent?: boolean | undefined;
  readonly frames: readonly ChartFrame[];
}

/** Where viewers find the charts of every process. */
export interface ChartSource {
  /** Shows what is there, then what happens. `show` is never called synchronously. */
  join(show: (batch: ChartBatch) => void): ChartViewing;
}

export interface ChartViewing {
  /** Shows everything that is there once more: after batches that this viewer could not take. */
  repeat(): void;
  leave(): void;
}
