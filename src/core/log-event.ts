import type { GenerationEnd, LoggedToken } from './engine.js';
import type { Cancel } from './scheduler.js';

/** What a reader of a `GenerationLog` is told: every token after its place, in order and once, then the end. */
export type LogEvent =
  | { readonly type: 'token'; readonly token: LoggedToken }
  | { readonly type: 'end'; readonly end: GenerationEnd };

/** What a sink can take now. Whoever feeds it asks before every event, so nothing is queued for a slow reader. */
export interface Demand {
  /** Whether one more event may be handed over. */
  ready(): boolean;
  /** Calls `changed` whenever `ready()` may have turned true, never synchronously inside `watch`. */
  watch(changed: () => void): Cancel;
}
