/** Confidence 0..255 in so many classes. */
const CLASSES = 8;
const LEVELS = 256;
/** What a drafter's own word counts before it was put to the test, in decided drafts. */
const PRIOR_DRAFTS = 4;
/** Decided drafts of a class after which earlier ones count for half. */
const HALF_LIFE_DRAFTS = 200;
const DECAY = 0.5 ** (1 / HALF_LIFE_DRAFTS);

interface Record {
  right: number;
  decided: number;
}

/**
 * How often each drafter's drafts are right when those before them are, by how sure it says it is: drafters mean
 * different things by the same confidence, and it is learned which to believe.
 */
export class DrafterTrust {
  private readonly drafters = new Map<string, Record[]>();

  /** Probability that such a draft is right, 0..1. */
  belief(drafter: string, confidence: number): number {
    return this.beliefOf(drafter, classOf(confidence, CLASSES));
  }

  /** The same for each class of confidence, the least sure first. */
  beliefs(drafter: string): number[] {
    return Array.from({ length: CLASSES }, (_, kind) => this.beliefOf(drafter, kind));
  }

  note(drafter: string, confidence: number, wasRight: boolean): void {
    let records = this.drafters.get(drafter);
    if (records === undefined) {
      records = Array.from({ length: CLASSES }, () => ({ right: 0, decided: 0 }));
      this.drafters.set(drafter, records);
    }
    const record = records[classOf(confidence, CLASSES)] as Record;
    record.right = record.right * DECAY + (wasRight ? 1 : 0);
    record.decided = record.decided * DECAY + 1;
  }

  private beliefOf(drafter: string, kind: number): number {
    const { right, decided } = this.drafters.get(drafter)?.[kind] ?? { right: 0, decided: 0 };
    const claimed = (kind + 0.5) / CLASSES;
    return (right + claimed * PRIOR_DRAFTS) / (decided + PRIOR_DRAFTS);
  }
}

/** Of so many classes of equal width, the one that a confidence of 0..255 is in; 0: the least sure. */
export function classOf(confidence: number, classes: number): number {
  return Math.min(classes - 1, Math.floor((confidence * classes) / LEVELS));
}
