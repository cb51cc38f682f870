import { withDropped } from '../drafter-rules.js';
import type { DroppedDrafts } from '../messages.js';
import { MAX_CHUNK_TOKENS } from '../pass-timing.js';
import { HeardVerdicts } from './heard-verdicts.js';
import { TEXT } from './lines.js';
import type { DraftConfirmed, DraftStart, VerdictOverheard } from './messages.js';
import type { WorkerTimes } from './worker-times.js';
import { WAKE, type World } from './world.js';

const NOWHERE = Number.POSITIVE_INFINITY;

/** One drafter worker and its one session: what `actors/drafter` does, in lengths instead of tokens. */
export class Drafter {
  private state: 'waiting' | 'drafting' | 'yielding' = 'waiting';
  private ready = false;
  private line = TEXT;
  private length: number;
  /** Tokens of the path that are ingested. */
  private ingested = 0;
  private passReachesEnd = false;
  private passBeganAtMs = 0;
  /** What it was last told to do; undefined: nothing yet. */
  private start: DraftStart | undefined = undefined;
  /** Arrived during a pass; taken up when it ends. */
  private nextStart: DraftStart | undefined = undefined;
  /** Length of the beginning of the path that is known to be committed. */
  private root = 0;
  private nextRoot = 0;
  private readonly heard = new HeardVerdicts();
  /** Where the path must change because of a verdict. */
  private detour = NOWHERE;
  /** Drafts not yet published begin here. */
  private pendingFrom = NOWHERE;
  private pendingSinceMs = 0;
  private pendingMs = 0;
  private dropped: DroppedDrafts | undefined;

  constructor(
    private readonly world: World,
    private readonly drafter: number,
    private readonly times: WorkerTimes,
    /** Nothing is drafted at or beyond this length. */
    private readonly draftEnd: number,
  ) {
    this.length = world.promptTokens;
  }

  opened(): void {
    this.startPass();
  }

  started(message: DraftStart): void {
    const newest = this.nextStart?.epoch ?? this.start?.epoch ?? -1;
    if (message.epoch > newest) {
      this.nextStart = message;
      this.nextRoot = message.root;
    }
    this.goOn();
  }

  confirmed({ epoch, root }: DraftConfirmed): void {
    if (this.nextStart?.epoch === epoch) this.nextRoot = Math.max(this.nextRoot, root);
    if (this.start?.epoch !== epoch || root <= this.root) return;
    this.root = root;
    this.goOn();
  }

  /** A target's verdict, overheard. */
  heardVerdict(message: VerdictOverheard): void {
    const { lines, wire } = this.world;
    if (this.start === undefined || !wire.hears(message)) return;
    const { verdict } = message;
    const before = this.root;
    const { line, first, count, committed } = verdict;
    const shared = lines.shared(this.line, this.length, line, first + count);
    for (let length = first; length < first + count; length++) {
      if (length < this.root) continue;
      this.heard.add(lines.lineAt(line, length), length);
      if (length > shared) continue;
      if (length === shared) this.detour = Math.min(this.detour, length);
      this.root = Math.max(this.root, Math.min(committed, length));
    }
    this.advanceRoot();
    if (this.root > before || this.detour !== NOWHERE) this.goOn();
  }

  turnElapsed(): void {
    if (this.isLedElsewhere()) this.rewind();
    this.startPass();
  }

  passEnded(): void {
    this.state = 'waiting';
    if (!this.ready && this.ingested >= this.world.promptTokens) {
      this.ready = true;
      const { drafter } = this;
      this.world.wire.send({ kind: 'session.ready', role: 'drafter', worker: drafter });
    }
    if (this.passReachesEnd && this.start !== undefined) {
      this.collect();
      if (!this.isLedElsewhere()) this.flushIfDue();
    }
    if (this.isLedElsewhere() || this.hasWork()) this.yieldTurn();
  }

  /** Takes up what has changed, unless a pass is running or about to. */
  private goOn(): void {
    if (this.state !== 'waiting') return;
    this.rewind();
    this.startPass();
  }

  /** One turn of the event loop, as long as something else is due at this instant. */
  private yieldTurn(): void {
    const { agenda } = this.world;
    if (agenda.isQuiet) this.turnElapsed();
    else {
      this.state = 'yielding';
      agenda.soon(WAKE.drafterFlushed + this.drafter);
    }
  }

  private isLedElsewhere(): boolean {
    return this.nextStart !== undefined || this.detour !== NOWHERE;
  }

  private hasWork(): boolean {
    return this.ready ? this.room() > 0 : true;
  }

  /** Tokens that may still be drafted. */
  private room(): number {
    if (this.start === undefined) return 0;
    return Math.min(this.draftEnd, this.root + this.start.ahead) - this.length;
  }

  private startPass(): void {
    this.state = 'waiting';
    if (!this.hasWork()) return;
    const { agenda } = this.world;
    if (this.ingested >= this.length) this.ingested = this.length - 1;
    const stop = Math.min(this.length, this.ingested + MAX_CHUNK_TOKENS);
    const passMs = this.times.next(stop - this.ingested, this.length);
    this.state = 'drafting';
    this.ingested = stop;
    this.passReachesEnd = stop === this.length;
    this.passBeganAtMs = agenda.nowMs;
    agenda.at(agenda.nowMs + passMs, WAKE.drafterPassEnded + this.drafter);
  }

  private collect(): void {
    const { lines, truth, agenda } = this.world;
    if (this.pendingFrom === NOWHERE) {
      this.pendingFrom = this.length;
      this.pendingSinceMs = this.passBeganAtMs;
      this.pendingMs = 0;
    }
    this.pendingMs += agenda.nowMs - this.passBeganAtMs;
    if (!truth.isRight(lines, this.line, this.length)) this.line = lines.leave(this.line, this.length);
    this.length++;
    if (this.detour === NOWHERE && this.heard.has(this.line, this.length)) this.detour = this.length;
  }

  private flushIfDue(): void {
    const { start, pendingFrom } = this;
    if (start === undefined || pendingFrom === NOWHERE) return;
    const rests = this.room() <= 0;
    const isDue =
      this.length - pendingFrom >= start.batch ||
      rests ||
      this.world.agenda.nowMs - this.pendingSinceMs >= start.flushMs;
    if (!isDue) return;
    this.pendingFrom = NOWHERE;
    const { dropped } = this;
    this.dropped = undefined;
    const { wire } = this.world;
    wire.proposal({
      kind: 'draft.proposed',
      number: wire.nextProposal,
      drafter: this.drafter,
      epoch: start.epoch,
      line: this.line,
      from: pendingFrom,
      length: this.length,
      startedAtMs: this.pendingSinceMs,
      forwardMs: this.pendingMs,
      rests,
      dropped,
    });
  }

  /** Goes where it has been told to: what the old and the new path share stays computed. */
  private rewind(): void {
    const start = this.nextStart;
    this.nextStart = undefined;
    if (this.detour !== NOWHERE) this.followVerdicts();
    if (start !== undefined) this.takeStart(start);
    this.flushIfDue();
  }

  private takeStart(start: DraftStart): void {
    const { lines, wire } = this.world;
    const shared = lines.shared(this.line, this.length, start.line, start.length);
    if (shared < start.from) {
      this.start = undefined;
      this.dropPending();
      this.detour = NOWHERE;
      wire.send({ kind: 'draft.rejected', drafter: this.drafter });
      return;
    }
    // Drafts that go on from this very path stand, unless they did not arrive.
    if (shared < start.length || start.afresh) this.leave(shared, start.line, start.length);
    this.start = start;
    this.root = this.nextRoot;
    this.detour = this.root;
    this.followVerdicts();
    wire.listen(this.drafter, start.listen);
  }

  /** Makes the path what the verdicts heard say it is. */
  private followVerdicts(): void {
    const { lines } = this.world;
    for (let at = Math.min(this.detour, this.length); at <= this.length; at++) {
      const line = lines.lineAt(this.line, at);
      if (!this.heard.has(line, at)) continue;
      if (at < this.length && lines.lineAt(this.line, at + 1) === line) continue;
      this.leave(at, line, at + 1);
    }
    this.detour = NOWHERE;
    this.advanceRoot();
  }

  /** The path is another after its first `shared` tokens, and ends as given. */
  private leave(shared: number, line: number, length: number): void {
    this.dropPending();
    this.line = this.world.lines.lineAt(line, length);
    this.length = length;
    if (this.ingested > shared) this.ingested = shared;
  }

  private dropPending(): void {
    const { length, pendingFrom, pendingMs } = this;
    this.pendingFrom = NOWHERE;
    if (pendingFrom !== NOWHERE) this.dropped = withDropped(this.dropped, length - pendingFrom, pendingMs);
  }

  /** Moves the root over what verdicts have confirmed. */
  private advanceRoot(): void {
    const { lines } = this.world;
    while (this.root < this.length) {
      const line = lines.lineAt(this.line, this.root);
      if (!this.heard.has(line, this.root) || lines.lineAt(this.line, this.root + 1) !== line) return;
      this.heard.forget(line, this.root);
      this.root++;
    }
  }
}
