import type { TraceEvent } from '../../../core/trace.js';

/** What became of the drafts of one generation so far, by the events of its trace. */
export class LiveDrafts {
  /** Tokens that drafters guessed. */
  drafted = 0;
  /** Committed tokens that had been drafted. */
  accepted = 0;
  /** Committed positions for which there were drafts, none of them right. */
  refuted = 0;
  /** Ids beyond what is committed, of the branch that was heard of last. */
  underWay: readonly number[] = [];
  /** What was under way when the target last said something else, and when that was, as of `Scheduler.now()`. */
  lastRefuted: { readonly ids: readonly number[]; readonly atMs: number } | undefined;
  /** The position that is committed next; undefined before anything is known. */
  private next: number | undefined;

  note({ kind, startMs, data = {} }: TraceEvent): void {
    const { position, ids, attached, token, drafted } = data;
    if (typeof position !== 'number') return;
    if (kind === 'draft' && Array.isArray(ids)) this.noteDraft(position, ids, attached === true);
    if (kind === 'commit' && typeof token === 'number')
      this.noteCommit(position, token, drafted === true, startMs);
  }

  private noteDraft(position: number, ids: readonly number[], attached: boolean): void {
    this.drafted += ids.length;
    if (!attached) return;
    this.next ??= position;
    const offset = Math.max(0, position - this.next);
    const news = ids.slice(Math.max(0, this.next - position));
    const known = this.underWay.slice(offset, offset + news.length);
    // Another drafter that guesses the same takes nothing back.
    if (known.length === news.length && known.every((id, index) => id === news[index])) return;
    this.underWay = [...this.underWay.slice(0, offset), ...news];
  }

  private noteCommit(position: number, token: number, drafted: boolean, atMs: number): void {
    this.next = position + 1;
    const [first, ...rest] = this.underWay;
    if (drafted) this.accepted++;
    else if (first !== undefined) this.refuted++;
    if (first !== undefined && first !== token) this.lastRefuted = { ids: this.underWay, atMs };
    this.underWay = first === token ? rest : [];
  }
}
