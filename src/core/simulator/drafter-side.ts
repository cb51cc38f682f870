import type { DraftSupply } from '../dispatch.js';
import { type AwaitedDrafter, allowanceMs, lateAtMs, noteAwaited, silenceMs } from '../drafter-patience.js';
import {
  batchOf,
  draftsFreely,
  hearsTargets,
  type ListeningDrafter,
  noteDrafted,
  noteTold,
  owesConfirmation,
} from '../drafter-rules.js';
import type { Plan } from '../generation.js';
import type { DraftChain } from './chain.js';
import type { Course } from './course.js';
import { TEXT } from './lines.js';
import type { DraftProposed } from './messages.js';
import type { World } from './world.js';

/** The controller's view of one drafter; see `actors/rollback-controller/drafter-links.ts`. */
interface DrafterLink extends AwaitedDrafter, ListeningDrafter {
  readonly drafter: number;
  ready: boolean;
  line: number;
  length: number;
  epoch: number;
  ahead: number;
  batch: number;
  flushMs: number;
  plan: Plan | undefined;
  root: number;
  toldAtMs: number;
  forgetful: boolean;
  drafts: boolean;
}

/** Where the drafters draft, and what came of it: `actors/rollback-controller/drafter-side.ts` on a chain. */
export class DrafterSide {
  /** Drafts that came. */
  proposedDrafts = 0;
  private readonly links: DrafterLink[];
  /** Of the instances, the one that drafts; the others stand by or rest. */
  private active: DrafterLink | undefined = undefined;
  private epoch = 0;

  /** `draftEnd`: nothing is drafted at or beyond this length. */
  constructor(
    private readonly world: World,
    private readonly chain: DraftChain,
    private readonly course: Course,
    /** c as it is announced, milliseconds. */
    private readonly announcedMs: number,
    private readonly draftEnd: number,
    drafters: number,
  ) {
    this.links = Array.from({ length: drafters }, (_, index) => newLink(index, world.promptTokens));
  }

  ready(drafter: number): void {
    this.link(drafter).ready = true;
  }

  /** Whether a verification had better wait for more drafts. Never for a drafter that is absent or late. */
  supply(): DraftSupply {
    const now = this.world.agenda.nowMs;
    let supply: DraftSupply = 'dry';
    for (const link of this.links) {
      if (!this.isDrafting(link) || now >= this.lateAtMs(link)) continue;
      if (!link.listen) return 'coming';
      supply = 'audible';
    }
    return supply;
  }

  /** How long from now drafts may still be waited for, milliseconds. */
  patienceMs(): number {
    const lateAtMs = this.nextLateAtMs();
    return lateAtMs === Number.POSITIVE_INFINITY ? 0 : lateAtMs - this.world.agenda.nowMs;
  }

  /** When the next drafter that is waited for counts as late; infinite: none is waited for, or all are late. */
  nextLateAtMs(): number {
    const now = this.world.agenda.nowMs;
    let next = Number.POSITIVE_INFINITY;
    for (const link of this.links) {
      if (!this.isDrafting(link)) continue;
      const lateAtMs = this.lateAtMs(link);
      if (lateAtMs > now && lateAtMs < next) next = lateAtMs;
    }
    return next;
  }

  proposed(message: DraftProposed): void {
    const { line, from, length } = message;
    this.proposedDrafts += length - from;
    const isAttached = this.attach(message);
    this.course.drafted(message);
    const link = this.link(message.drafter);
    if (isAttached) noteDrafted(link, message.epoch);
    if (message.epoch !== link.epoch) return;
    const now = this.world.agenda.nowMs;
    if (isAttached) {
      link.forgetful = false;
      link.heardAtMs = now;
      link.misses = 0;
      link.line = line;
      link.length = length;
      return;
    }
    // From one that turns round by itself, drafts on the refuted path are still under way for a while.
    const isTurning = link.listen && link.owesSinceMs >= link.heardAtMs && now < this.lateAtMs(link);
    if (!isTurning) this.start(link, true);
  }

  /** Drafts whose beginning was overtaken by verdicts that say the same still are what comes after the root. */
  private attach({ line, from, length }: DraftProposed): boolean {
    const { chain } = this;
    const start = Math.max(from, chain.root);
    return (
      start <= length && chain.has(line, start) && chain.propose(line, start, length, this.course.belief())
    );
  }

  rejected(drafter: number): void {
    const link = this.link(drafter);
    link.forgetful = true;
    this.start(link, true);
  }

  /** Sends every drafter whose path is not the one that will be committed to where drafts are wanted. */
  steer(): void {
    if (this.links.length > 1) this.takeTurns();
    for (const link of this.links) {
      if (!link.ready) continue;
      if (!this.isTold(link)) this.start(link, false);
      else if (link.ahead === 0 || this.chain.has(link.line, link.length)) this.confirm(link);
      else if (hearsTargets(link)) this.awaitTurn(link);
      else this.start(link, false);
      this.noteResumed(link);
    }
  }

  /** Sends starts again whose effect was not seen. */
  nudge(): void {
    const now = this.world.agenda.nowMs;
    for (const link of this.links) {
      if (!this.isDrafting(link)) continue;
      const seenAtMs = Math.max(link.heardAtMs, link.toldAtMs, link.owesSinceMs);
      if (now - seenAtMs > silenceMs(this.course.plan, this.announcedMs)) this.start(link, true);
    }
  }

  /** The next instance takes over from one whose path is refuted, unless that is turned round by the refutation itself. */
  private takeTurns(): void {
    const { active, course } = this;
    const isRefuted =
      active !== undefined && active.epoch >= 0 && !this.chain.has(active.line, active.length);
    if (active !== undefined && (!isRefuted || course.draftersListen)) return;
    const turns = this.links.filter((link) => link.ready).slice(0, Math.max(1, course.plan.drafters));
    if (active !== undefined && turns.length < 2) return;
    const place = active === undefined ? -1 : turns.indexOf(active);
    const next = turns[(place + 1) % turns.length];
    if (next === undefined) return;
    this.active = next;
    // Before the other is told to stand by.
    if (active !== undefined) this.start(next, false);
  }

  /** How far it is to run ahead; 0: it stands by. */
  private aheadOf(link: DrafterLink): number {
    const isActive = this.links.length === 1 || this.active === link;
    return isActive && !this.mayRest() ? this.course.plan.ahead : 0;
  }

  /** Drafts are of no use, and cost something. */
  private mayRest(): boolean {
    return !draftsFreely(this.announcedMs) && this.course.draftsRest;
  }

  private isTold(link: DrafterLink): boolean {
    const { course } = this;
    if (link.epoch < 0 || link.ahead !== this.aheadOf(link)) return false;
    if (link.ahead === 0) return true;
    const hasOtherFlush = link.plan !== course.plan && link.flushMs !== course.flushMs;
    return link.batch === batchOf(course.plan) && link.listen === course.draftersListen && !hasOtherFlush;
  }

  private isDrafting(link: DrafterLink): boolean {
    if (!link.ready || link.epoch < 0) return false;
    const limit = link.listen ? this.draftLimit() : Math.min(this.draftEnd, link.root + link.ahead);
    return link.length < limit && this.chain.has(link.line, link.length);
  }

  /** Nothing is drafted, for now, at or beyond this length. */
  private draftLimit(): number {
    return Math.min(this.draftEnd, this.chain.root + this.course.plan.ahead);
  }

  private lateAtMs(link: DrafterLink): number {
    return lateAtMs(link, this.allowanceMs(link));
  }

  /** How long drafts are waited for, milliseconds. */
  private allowanceMs(link: DrafterLink): number {
    return allowanceMs(this.course.plan, this.announcedMs, link.flushMs, this.course.hopMs);
  }

  /** `afresh`: what it proposed after this path may be lost. */
  private start(link: DrafterLink, afresh: boolean): void {
    const { chain, world, course } = this;
    const { lines, wire, promptTokens } = world;
    const length = this.wantedLength();
    const from = link.forgetful ? promptTokens : lines.shared(link.line, link.length, chain.line, length);
    link.epoch = ++this.epoch;
    link.line = chain.line;
    link.length = length;
    link.ahead = this.aheadOf(link);
    link.batch = batchOf(course.plan);
    link.plan = course.plan;
    link.flushMs = course.flushMs;
    noteTold(link, link.epoch, link.ahead > 0 && course.draftersListen, afresh);
    link.root = chain.root;
    link.toldAtMs = world.agenda.nowMs;
    // Nothing is expected of one that stands by.
    if (link.ahead === 0) link.owesSinceMs = link.heardAtMs;
    else {
      this.noteAwaited(link);
      course.addDrafter();
    }
    wire.send({
      kind: 'draft.start',
      drafter: link.drafter,
      epoch: link.epoch,
      line: chain.line,
      length,
      from,
      root: link.root,
      listen: link.listen,
      ahead: link.ahead,
      afresh,
      batch: link.batch,
      flushMs: link.flushMs,
    });
  }

  /** A drafter that does not listen is told now and then how much of its path is committed, and before it must stop. */
  private confirm(link: DrafterLink): void {
    if (link.listen || link.ahead === 0) return;
    const { root } = this.chain;
    if (!owesConfirmation(link, root)) return;
    const { agenda, wire } = this.world;
    const { drafter, epoch } = link;
    link.root = root;
    link.toldAtMs = agenda.nowMs;
    this.noteAwaited(link);
    wire.send({ kind: 'draft.confirmed', drafter, epoch, root });
  }

  private noteResumed(link: DrafterLink): void {
    const drafts = this.isDrafting(link);
    if (drafts && !link.drafts) this.noteAwaited(link);
    link.drafts = drafts;
  }

  /** It heard the verdict that refuted its path, and goes on from there. */
  private awaitTurn(link: DrafterLink): void {
    link.line = this.chain.line;
    link.length = this.wantedLength();
    this.noteAwaited(link);
  }

  /** What is to be drafted after: as much of the chain as is wanted now. */
  private wantedLength(): number {
    const { root, end } = this.chain;
    return Math.max(root, Math.min(end, this.draftLimit() - 1));
  }

  private noteAwaited(link: DrafterLink): void {
    noteAwaited(link, this.world.agenda.nowMs, this.allowanceMs(link));
  }

  private link(drafter: number): DrafterLink {
    return this.links[drafter] as DrafterLink;
  }
}

function newLink(drafter: number, promptTokens: number): DrafterLink {
  return {
    drafter,
    ready: false,
    line: TEXT,
    length: promptTokens,
    epoch: -1,
    ahead: 0,
    batch: 0,
    flushMs: 0,
    plan: undefined,
    listen: false,
    listenEpoch: 0,
    heardEpoch: -1,
    root: 0,
    owesSinceMs: 0,
    heardAtMs: 0,
    toldAtMs: 0,
    misses: 0,
    forgetful: false,
    drafts: false,
  };
}
