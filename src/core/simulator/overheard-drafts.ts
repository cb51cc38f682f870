import type { Lines } from './lines.js';
import type { DraftProposed } from './messages.js';
import { pathSlot } from './path-slot.js';

/** Slots, by path: as many messages as matter at a time, several times over. */
const SLOTS = 1024;

/**
 * What targets have heard the drafters propose, by the path it goes on from; of the same path only the newest. All that
 * listen hear the same, so it is kept once.
 */
export class OverheardDrafts {
  private readonly messages: (DraftProposed | undefined)[] = new Array(SLOTS).fill(undefined);
  /** By slot and target. */
  private readonly taken: Uint8Array;
  /** Number of the first proposal that a target hears. */
  private readonly hearsFrom: number[];

  constructor(
    private readonly lines: Lines,
    private readonly targets: number,
  ) {
    this.taken = new Uint8Array(SLOTS * targets);
    this.hearsFrom = new Array(targets).fill(Number.POSITIVE_INFINITY);
  }

  /** The target hears proposals from this number on, unless it hears them already. */
  listen(target: number, number: number): void {
    if (this.hearsFrom[target] === Number.POSITIVE_INFINITY) this.hearsFrom[target] = number;
  }

  /** A proposal reaches those who hear it. */
  add(message: DraftProposed): void {
    const { line, from } = message;
    const slot = pathSlot(this.lines.lineAt(line, from), from, SLOTS);
    this.messages[slot] = message;
    this.taken.fill(0, slot * this.targets, (slot + 1) * this.targets);
  }

  /** What a target has heard that goes on from this path, once; `line` is where it ends. */
  take(target: number, line: number, length: number): DraftProposed | undefined {
    const slot = pathSlot(line, length, SLOTS);
    const message = this.messages[slot];
    if (message?.from !== length || this.lines.lineAt(message.line, length) !== line) return undefined;
    const at = slot * this.targets + target;
    if (message.number < (this.hearsFrom[target] as number) || this.taken[at] === 1) return undefined;
    this.taken[at] = 1;
    return message;
  }
}
