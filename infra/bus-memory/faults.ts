/** What goes wrong between endpoints of a memory bus; everything defaults to nothing. */
export interface MemoryBusFaults {
  /** Milliseconds one way; a function is asked for every message and may use the network's random numbers. */
  readonly delayMs?: number | ((random: () => number) => number);
  /** Share of deliveries that never come, 0..1. */
  readonly lossRate?: number;
  /** Share of deliveries that come twice, 0..1. */
  readonly duplicationRate?: number;
  /** Share of deliveries that others may overtake, 0..1. */
  readonly reorderRate?: number;
  /** How much later an overtaken message or a duplicate comes, at most. Default 10 ms. */
  readonly reorderMs?: number;
}

/** How one copy of a message travels. */
export interface Passage {
  readonly delayMs: number;
  /** False: it waits for what was sent earlier from the same endpoint to the same endpoint. */
  readonly overtakable: boolean;
}

/** Draws the passages of one delivery: none when lost, two when duplicated. */
export function drawPassages(faults: MemoryBusFaults, random: () => number): readonly Passage[] {
  if (happens(faults.lossRate, random)) return [];
  const { delayMs = 0 } = faults;
  const delay = typeof delayMs === 'number' ? delayMs : delayMs(random);
  const overtaken = (): Passage => ({
    delayMs: delay + random() * (faults.reorderMs ?? 10),
    overtakable: true,
  });
  const first = happens(faults.reorderRate, random) ? overtaken() : { delayMs: delay, overtakable: false };
  return happens(faults.duplicationRate, random) ? [first, overtaken()] : [first];
}

function happens(rate: number | undefined, random: () => number): boolean {
  return rate !== undefined && rate > 0 && random() < rate;
}
