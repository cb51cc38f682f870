import type { RequestOutcome } from '../../src/core/bus.js';
import type { SessionOpen, SessionRefused, WorkerAnnounced } from '../../src/core/messages.js';
import type { ActorPorts } from '../../src/core/ports.js';
import type { Cancel } from '../../src/core/scheduler.js';
import type { ClosedSessions } from './closed-sessions.js';

/**
 * waiting: to be asked, for the first time or again, since it was full, failed, gave no answer or lost the session.
 * opening: asked. preparing: granted, ingesting the prompt. ready. refused: never again.
 */
export type LinkPhase = 'waiting' | 'opening' | 'preparing' | 'ready' | 'refused';

/** A worker that failed this many times in a row is left alone. */
export const MOST_FAILURES = 3;

/** What the controller knows of its session on one worker. */
export interface SessionLink {
  readonly announced: WorkerAnnounced;
  phase: LinkPhase;
  stopRequest: Cancel | undefined;
  nextOpenAtMs: number;
  /** Requests, counted anew where it is full; 0: never asked, or told to forget the generation since. */
  openTries: number;
  /** Requests ever: tells one session of the worker from the next. */
  openings: number;
  heardAtMs: number;
  /** When the worker was last sent anything: renews its lease. */
  toldAtMs: number;
  /** Why the last request came to nothing; others are asked first. */
  unwilling: false | 'full' | 'failed' | 'unanswered';
  /** Failed passes and jobs in a row. */
  failures: number;
}

export interface SessionPorts extends ActorPorts {
  readonly closedSessions: ClosedSessions;
}

export function createSessionLink(announced: WorkerAnnounced): SessionLink {
  return {
    announced,
    phase: 'waiting',
    stopRequest: undefined,
    nextOpenAtMs: 0,
    openTries: 0,
    openings: 0,
    heardAtMs: 0,
    toldAtMs: 0,
    unwilling: false,
    failures: 0,
  };
}

/** Tells the worker to forget the generation, if it may know it. */
export function closeSession(link: SessionLink, generation: string, closed: ClosedSessions): void {
  link.stopRequest?.();
  link.stopRequest = undefined;
  if (link.openTries > 0) closed.close(link.announced.worker, generation);
}

const OPEN_TIMEOUT_MS = 2000;
const LONGEST_RETRY_MS = 5000;
/** Keeps the place in the line for a slot; a slot that is free is announced. */
const FULL_RETRY_MS = 1000;

export type SessionAnswer = (worker: string, outcome: RequestOutcome) => void;

/** Asks for a session, or whether it is ready by now; the answer comes back as an event. */
export function requestSession(
  link: SessionLink,
  message: Omit<SessionOpen, 'opening'>,
  ports: SessionPorts,
  onAnswer: SessionAnswer,
): void {
  const { worker } = link.announced;
  link.stopRequest?.();
  if (link.phase === 'waiting') link.phase = 'opening';
  const now = ports.scheduler.now();
  link.toldAtMs = now;
  link.openTries++;
  link.openings++;
  link.nextOpenAtMs = now + Math.min(LONGEST_RETRY_MS, 250 * 2 ** Math.min(link.openTries, 5));
  ports.closedSessions.opened(worker, message.generation);
  link.stopRequest = ports.bus.request(
    ports.subjects.workerSession(worker),
    { ...message, opening: link.openings },
    OPEN_TIMEOUT_MS,
    (outcome) => {
      link.stopRequest = undefined;
      onAnswer(worker, outcome);
    },
  );
}

/** A slot of the worker is free: true when this one was refused for want of one, and is to ask for it at once. */
export function slotFreed(link: SessionLink): boolean {
  if (link.phase !== 'waiting' || link.unwilling !== 'full') return false;
  link.unwilling = false;
  link.nextOpenAtMs = 0;
  return true;
}

/** What was asked may be lost, and the answer with it: neither is waited for. */
export function askAfresh(link: SessionLink): void {
  link.stopRequest?.();
  link.stopRequest = undefined;
  link.nextOpenAtMs = 0;
}

/** Takes an answer in. True when the session has just become ready. */
export function acceptAnswer(link: SessionLink, outcome: RequestOutcome, nowMs: number): boolean {
  if (outcome.kind !== 'reply') {
    if (link.phase === 'ready') return false;
    link.phase = 'waiting';
    link.unwilling = 'unanswered';
    return false;
  }
  const { message } = outcome;
  link.heardAtMs = nowMs;
  if (message.type === 'session.granted') {
    link.unwilling = false;
    if (link.phase === 'ready') return false;
    link.phase = message.ready ? 'ready' : 'preparing';
    return message.ready;
  }
  if (message.type === 'session.refused') refused(link, message.code, nowMs);
  return false;
}

function refused(link: SessionLink, code: SessionRefused['code'], nowMs: number): void {
  if (code !== 'full' && code !== 'failed') {
    link.phase = 'refused';
    return;
  }
  link.phase = 'waiting';
  link.unwilling = code;
  if (code === 'failed') return;
  link.nextOpenAtMs = nowMs + FULL_RETRY_MS;
  link.openTries = 1;
}

/**
 * Links that may be asked now. Workers that share cores ingest the prompt one after another: one target, then the
 * drafters, then the other targets; on separate hosts all at once.
 */
export function openable<Link extends SessionLink & { readonly role: 'target' | 'drafter' }>(
  links: readonly Link[],
  nowMs: number,
): Link[] {
  const hosts = new Map<string, Link[]>();
  for (const link of links) {
    if (link.phase === 'refused') continue;
    const group = hosts.get(link.announced.host);
    if (group === undefined) hosts.set(link.announced.host, [link]);
    else group.push(link);
  }
  const asked: Link[] = [];
  for (const group of hosts.values()) {
    const [firstTarget, ...otherTargets] = group.filter((link) => link.role === 'target');
    const drafters = group.filter((link) => link.role === 'drafter');
    const order = [...(firstTarget === undefined ? [] : [firstTarget]), ...drafters, ...otherTargets].sort(
      (a, b) => Number(a.unwilling !== false) - Number(b.unwilling !== false),
    );
    const next = order.find(
      (link) => link.phase !== 'ready' && (link.phase !== 'waiting' || nowMs >= link.nextOpenAtMs),
    );
    if (next !== undefined && next.stopRequest === undefined && nowMs >= next.nextOpenAtMs) asked.push(next);
  }
  return asked;
}
