import type { Agenda } from './agenda.js';
import type { Lines } from './lines.js';
import type { SimulatedMessage } from './messages.js';
import type { OverheardDrafts } from './overheard-drafts.js';
import type { DraftTruth } from './truth.js';
import type { Wire } from './wire.js';

/** What is woken, as the agenda numbers it: the number of the worker is added. */
export const WAKE = {
  targetPassEnded: 0x000,
  targetFlushed: 0x100,
  targetTurnElapsed: 0x200,
  drafterPassEnded: 0x300,
  drafterFlushed: 0x400,
  drafterTurnElapsed: 0x500,
  draftsLate: 0x600,
  deadlineChecked: 0x700,
  planDue: 0x800,
  sessionsGranted: 0x900,
} as const;

export const WAKE_WORKER = 0xff;

/** What all processes of a simulation share. */
export interface World {
  readonly agenda: Agenda<SimulatedMessage>;
  readonly wire: Wire;
  readonly overheard: OverheardDrafts;
  readonly lines: Lines;
  readonly truth: DraftTruth;
  readonly promptTokens: number;
  /** A power of two: no two lengths that matter at the same time are so far apart. */
  readonly reach: number;
}
