import type { Passed } from './segment-costs.js';
import { SEGMENT_KINDS, Segments } from './segments.js';
import type { SimulationResult } from './settings.js';
import type { TextSample } from './text-sample.js';

/** Segments of each kind up to the end of a whole one, which is after `length` tokens. */
interface Counted {
  readonly counts: Float64Array;
  readonly length: number;
}

/** What comes after a sample of a text: its segments are counted, and take what those of the sample took. */
export class TextRest {
  private readonly segments: Segments;
  private readonly counts = new Float64Array(SEGMENT_KINDS);
  private length: number;
  private wholeLength: number;
  private untilSteady: Counted | undefined;

  constructor(private readonly sample: TextSample) {
    this.segments = new Segments(sample.goesOn);
    this.length = sample.length;
    this.wholeLength = sample.length;
  }

  /** Counts so many tokens at most. True: that was the end. */
  advance(tokens: number): boolean {
    const { segments, counts, sample } = this;
    const { steadyFrom, textEnd } = sample.places;
    const end = Math.min(textEnd, this.length + tokens);
    while (this.length < end) {
      this.length++;
      const kind = segments.next(sample.isRight(this.length));
      if (kind >= 0) {
        counts[kind] = (counts[kind] as number) + 1;
        this.wholeLength = this.length;
      }
      if (this.length === steadyFrom) this.untilSteady = this.counted();
    }
    return this.length === textEnd;
  }

  /** Once that is so. */
  result(timeToFirstTokenMs: number): SimulationResult {
    const { firstAtMs, places, steadyAtMs } = this.sample;
    const { promptTokens, steadyFrom, textEnd } = places;
    const { ms, ...counts } = this.passedAt(textEnd, this.counted());
    const steadyFromMs =
      this.untilSteady === undefined ? (steadyAtMs ?? 0) : this.passedAt(steadyFrom, this.untilSteady).ms;
    const whole = Object.fromEntries(
      Object.entries(counts).map(([name, count]) => [name, Math.round(count)]),
    ) as typeof counts;
    return {
      msPerToken: (ms - firstAtMs) / (textEnd - promptTokens - 1),
      steadyMsPerToken: (ms - steadyFromMs) / (textEnd - steadyFrom),
      timeToFirstTokenMs,
      ...whole,
      wastedDrafts: whole.drafterForwards - whole.accepted - whole.refuted,
    };
  }

  private counted(): Counted {
    return { counts: this.counts.slice(), length: this.wholeLength };
  }

  /** What has passed when a text of `end` tokens is committed. */
  private passedAt(end: number, { counts, length }: Counted): Passed {
    const { sample } = this;
    const rest = sample.costs.expected(counts);
    // The last segment is cut off.
    const share = length > sample.length ? (end - sample.length) / (length - sample.length) : 0;
    const total = { ...sample.passed };
    for (const name of Object.keys(total) as (keyof Passed)[]) total[name] += share * rest[name];
    return total;
  }
}
