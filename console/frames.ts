/** What is known of an actor or an event: numbers, switches and short texts by name. */
export type Facts = Readonly<Record<string, number | string | boolean>>;

/** Where an actor is: `states` are its active leaves, each with its ancestors, such as `running.speculating`. */
export interface Place {
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  readonly states: readonly string[];
  readonly facts: Facts;
}

interface AboutActor {
  readonly process: string;
  /** Unique among all processes. */
  readonly actor: string;
  readonly atMs: number;
}

export interface ActorFrame extends AboutActor {
  readonly kind: 'actor';
  readonly parent: string | undefined;
  readonly name: string;
  readonly machine: string;
  /** The machine as it is written, as JSON. */
  readonly definition: string;
  readonly place: Place;
}

export interface EventFrame extends AboutActor {
  readonly kind: 'event';
  readonly type: string;
  readonly facts: Facts;
}

export interface SnapshotFrame extends AboutActor {
  readonly kind: 'snapshot';
  readonly place: Place;
  /** States that were entered since the last snapshot. */
  readonly visited: readonly string[];
}

/** What took time on a worker, or happened in a generation; times in ms since the epoch. */
export interface SpanFrame {
  readonly kind: 'span';
  readonly span: string;
  /** A worker's id, or `controller`. */
  readonly track: string;
  readonly generation: string;
  readonly startMs: number;
  /** Undefined for an instant. */
  readonly endMs: number | undefined;
}

export type Frame =
  | ActorFrame
  | EventFrame
  | SnapshotFrame
  | SpanFrame
  | { readonly kind: 'process' | 'gone'; readonly process: string }
  | { readonly kind: 'silent'; readonly process: string; readonly silent: boolean }
  | { readonly kind: 'gap'; readonly process: string | undefined };
