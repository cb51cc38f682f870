import { withDropped } from '../../src/core/drafter-rules.js';
import { classOf } from '../../src/core/drafter-trust.js';
import type { DraftConfirmed, DraftStart, DroppedDrafts, VerdictReturned } from '../../src/core/messages.js';
import type { PathHash } from '../../src/core/path-hash.js';
import { MAX_AHEAD_TOKENS } from '../../src/core/planner/make-plan.js';
import type { Cancel } from '../../src/core/scheduler.js';
import type { WorkerSession } from '../worker/session-table.js';

/** Verdicts remembered at most. Far more than are ever out of order; those dropped cost drafts, never tokens. */
const VERDICTS_KEPT = 8 * MAX_AHEAD_TOKENS;

/** Drafts not yet published; none, when all there is to say is that there are no more. */
interface Batch {
  readonly parentHash: PathHash;
  readonly position: number;
  readonly ids: number[];
  readonly confidences: number[];
  readonly startedAtMs: number;
  forwardMs: number;
}

/** The controller's last word on how to draft. */
interface Course {
  readonly epoch: number;
  readonly batch: number;
  readonly flushMs: number;
  readonly ahead: number;
  readonly leastLikelihood: number;
  readonly beliefs: readonly number[];
  readonly end: number;
  /** Length of the beginning of the path that is known to be committed. */
  root: number;
}

export interface DrafterSession extends WorkerSession {
  course: Course | undefined;
  /** Arrived during a pass; taken up when it ends. */
  nextStart: DraftStart | undefined;
  /** What targets were heard to say, by the path they said it about. */
  readonly verdicts: Map<PathHash, number>;
  /** Where the path must change because of a verdict; undefined: nowhere. */
  detour: number | undefined;
  pending: Batch | undefined;
  /** Drafts that were dropped, and of which nobody has been told. */
  dropped: DroppedDrafts | undefined;
  /** How sure it was of what it drafted, by position after the prompt; undefined: drafted or said by others. */
  readonly confidences: (number | undefined)[];
  exhausted: boolean;
  /** Which of the worker's passes was last its own; 0: none. */
  servedAt: number;
  /** Defined while it listens to the targets. */
  stopListening: Cancel | undefined;
}

export function drafterSession(session: WorkerSession): DrafterSession {
  return {
    ...session,
    course: undefined,
    nextStart: undefined,
    verdicts: new Map(),
    detour: undefined,
    pending: undefined,
    dropped: undefined,
    confidences: [],
    exhausted: false,
    servedAt: 0,
    stopListening: undefined,
  };
}

/** Tokens that may still be drafted. */
export function roomOf(session: DrafterSession): number {
  const { course, exhausted, path } = session;
  if (course === undefined || exhausted || isDoubtful(session)) return 0;
  return Math.max(0, Math.min(course.end, course.root + course.ahead) - path.length);
}

/** Tokens of the path beyond what is known to be committed. */
export function leadOf({ path, course }: DrafterSession): number {
  return course === undefined ? 0 : path.length - course.root;
}

/** Whether what is drafted beyond the committed prefix is too unlikely, all of it, to be gone on from. */
export function isDoubtful({ course, path, confidences, promptLength }: DrafterSession): boolean {
  if (course === undefined || course.leastLikelihood === 0) return false;
  const { beliefs } = course;
  let likelihood = 1;
  for (let position = course.root; position < path.length; position++) {
    const confidence = confidences[position - promptLength];
    if (confidence !== undefined) likelihood *= beliefs[classOf(confidence, beliefs.length)] ?? 1;
  }
  return likelihood < course.leastLikelihood;
}

/** Takes in what a target said. Returns whether the session may have something to do that it had not before. */
export function hearVerdict(session: DrafterSession, message: VerdictReturned): boolean {
  const { course, path, verdicts } = session;
  if (course === undefined) return false;
  const before = course.root;
  message.ids.forEach((id, index) => {
    const position = message.position + index;
    const pathHash = message.pathHashes[index] ?? '';
    if (position < course.root) return;
    verdicts.set(pathHash, id);
    if (path.hashAt(position) !== pathHash) return;
    if (path.tokens[position] !== id) session.detour = Math.min(session.detour ?? position, position);
    // Makes up for verdicts that were not heard.
    course.root = Math.max(course.root, Math.min(message.committedPosition, position));
  });
  advanceRoot(session);
  while (verdicts.size > VERDICTS_KEPT) verdicts.delete(verdicts.keys().next().value ?? '');
  return course.root > before || session.detour !== undefined;
}

/** The controller says how much of the path is committed. Returns whether there may be something to do that was not before. */
export function confirmRoot(session: DrafterSession, message: DraftConfirmed): boolean {
  const { course, nextStart } = session;
  if (nextStart?.epoch === message.epoch)
    session.nextStart = { ...nextStart, root: Math.max(nextStart.root, message.root) };
  if (course?.epoch !== message.epoch || message.root <= course.root) return false;
  course.root = message.root;
  return true;
}

/** Whether a verdict on the path as it is now was heard before the path got here. */
export function isDecided({ path, verdicts }: DrafterSession): boolean {
  return verdicts.has(path.hash);
}

/** Makes the path what the verdicts heard say it is. */
export function followVerdicts(session: DrafterSession): void {
  const { path, verdicts } = session;
  for (let position = session.detour ?? path.length; position <= path.length; position++) {
    const id = verdicts.get(path.hashAt(position) ?? '');
    if (id === undefined || path.tokens[position] === id) continue;
    leave(session, position, position);
    path.push(id);
    session.exhausted = session.endTokenIds.has(id);
  }
  session.detour = undefined;
  advanceRoot(session);
}

/** Takes a start up. False: it builds on a path that is not held here. */
export function takeStart(session: DrafterSession, start: DraftStart, nowMs: number): boolean {
  const { path } = session;
  if (start.from < session.promptLength || path.hashAt(start.from) !== start.pathHash) {
    session.course = undefined;
    dropPending(session);
    session.detour = undefined;
    return false;
  }
  const end = start.from + start.tokens.length;
  const before = path.length;
  const shared = path.replaceFrom(start.from, start.tokens);
  // Drafts that go on from this very path stand, unless they did not arrive.
  const keepsDrafts = shared === before && before >= end && !start.afresh;
  if (!keepsDrafts) leave(session, Math.min(shared, end), end);
  const { epoch, batch, flushMs, ahead, leastLikelihood, beliefs, root } = start;
  session.course = { epoch, batch, flushMs, ahead, leastLikelihood, beliefs, end: start.end, root };
  session.detour = root;
  followVerdicts(session);
  // What is not gone on from is said again: this start's sender may wait for more.
  if ((keepsDrafts && session.exhausted) || isDoubtful(session))
    session.pending ??= emptyBatch(session, nowMs);
  return true;
}

export function stopListening(session: DrafterSession): void {
  session.stopListening?.();
  session.stopListening = undefined;
}

/** What is drafted after the path as it is now. */
export function emptyBatch({ path }: DrafterSession, startedAtMs: number): Batch {
  return {
    parentHash: path.hash,
    position: path.length,
    ids: [],
    confidences: [],
    startedAtMs,
    forwardMs: 0,
  };
}

/** The path is another from position `shared` on, and ends at `end`. */
function leave(session: DrafterSession, shared: number, end: number): void {
  session.path.crop(end);
  session.confidences.length = Math.min(
    session.confidences.length,
    Math.max(0, shared - session.promptLength),
  );
  if (session.sequence.length > shared) session.sequence.crop(shared);
  dropPending(session);
  session.exhausted = false;
}

function dropPending(session: DrafterSession): void {
  const { pending } = session;
  session.pending = undefined;
  if (pending === undefined || pending.ids.length === 0) return;
  session.dropped = withDropped(session.dropped, pending.ids.length, pending.forwardMs);
}

/** Moves the root over what verdicts have confirmed. */
function advanceRoot({ course, path, verdicts }: DrafterSession): void {
  if (course === undefined) return;
  for (;;) {
    const hash = path.hashAt(course.root);
    const id = hash === undefined ? undefined : verdicts.get(hash);
    if (hash === undefined || id === undefined || path.tokens[course.root] !== id) return;
    verdicts.delete(hash);
    course.root++;
  }
}
