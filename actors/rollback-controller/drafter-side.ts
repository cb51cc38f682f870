import type { DraftSupply } from '../../src/core/dispatch.js';
import type { DraftNode, ProposalOutcome } from '../../src/core/draft-tree.js';
import { allowanceMs, lateAtMs, noteAwaited, silenceMs } from '../../src/core/drafter-patience.js';
import {
  batchOf,
  draftsFreely,
  draftsInRounds,
  hearsTargets,
  noteDrafted,
  noteTold,
  owesConfirmation,
} from '../../src/core/drafter-rules.js';
import type { DraftProposed, DraftRejected, WorkerAnnounced } from '../../src/core/messages.js';
import { forwardMs } from '../../src/core/planner/forward-times.js';
import { createDrafterLink, type DrafterLink } from './drafter-links.js';
import type { GenerationState } from './generation-state.js';
import { missingAfter } from './missing-tokens.js';
import { closeSession, MOST_FAILURES } from './session-links.js';

/** Where the drafters draft, and what came of it. */
export class DrafterSide {
  readonly links = new Map<string, DrafterLink>();
  /** Of drafters that are instances of one model, the one that drafts; the others stand by or rest. */
  private readonly active = new Map<string, DrafterLink>();

  constructor(private readonly state: GenerationState) {}

  join(announced: WorkerAnnounced): DrafterLink {
    const link = createDrafterLink(announced, this.state.tree.origin);
    this.links.set(announced.worker, link);
    return link;
  }

  leave(worker: string): void {
    const link = this.links.get(worker);
    if (link === undefined) return;
    closeSession(link, this.state.request.id, this.state.ports.closedSessions);
    this.links.delete(worker);
  }

  /**
   * Milliseconds from one draft to the next, by the share that each drafter has in the drafts that were of use; before
   * any was, of the fastest model, since lookup seldom finds anything. Undefined without a drafter.
   */
  draftMs(): number | undefined {
    const { measurements, usefulness } = this.state;
    const times: number[] = [];
    let shares = 0;
    let sum = 0;
    for (const { announced } of this.admitted()) {
      const ms = measurements.draftMs(announced.worker, forwardMs(announced.forwardTimes, 1));
      const share = usefulness.share(announced.fingerprint);
      times.push(ms);
      shares += share;
      sum += share * ms;
    }
    return shares > 0 ? sum / shares : fastestModel(times);
  }

  /**
   * The same of the fastest model on a host that it shares with a target which waits for its drafts. Most were measured
   * while the target was busy: so it is taken for as fast as it announced, if it was not faster.
   */
  idleDraftMs(): number | undefined {
    const times = this.admitted().map(({ announced }) => {
      const announcedMs = forwardMs(announced.forwardTimes, 1);
      return Math.min(announcedMs, this.state.measurements.draftMs(announced.worker, announcedMs));
    });
    return fastestModel(times);
  }

  private admitted(): DrafterLink[] {
    return [...this.links.values()].filter(({ phase }) => phase !== 'refused');
  }

  /** The most that are instances of one model. */
  instances(): number {
    const counts = new Map<string, number>();
    for (const { announced } of this.admitted())
      counts.set(announced.fingerprint, (counts.get(announced.fingerprint) ?? 0) + 1);
    return Math.max(0, ...counts.values());
  }

  /** Whether one whose passes take time runs on one of these hosts. */
  shareHostWith(hosts: readonly string[]): boolean {
    return this.admitted().some((link) => !isFree(link) && hosts.includes(link.announced.host));
  }

  /** Whether a verification had better wait for more drafts. Never for a drafter that is absent, done or late. */
  supply(): DraftSupply {
    const now = this.state.ports.scheduler.now();
    const coming = [...this.links.values()].filter(
      (link) => this.isDrafting(link) && now < this.lateAtMs(link),
    );
    if (coming.length === 0) return 'dry';
    return coming.every((link) => link.announced.audible && link.listen) ? 'audible' : 'coming';
  }

  /** How long from now drafts may still be waited for, milliseconds. */
  patienceMs(): number {
    return Math.max(0, (this.nextLateAtMs() ?? 0) - this.state.ports.scheduler.now());
  }

  /** When the next drafter that is waited for counts as late; undefined: none is waited for, or all are late. */
  nextLateAtMs(): number | undefined {
    const now = this.state.ports.scheduler.now();
    const times = [...this.links.values()]
      .filter((link) => this.isDrafting(link))
      .map((link) => this.lateAtMs(link))
      .filter((lateAtMs) => lateAtMs > now);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  proposed(message: DraftProposed): void {
    const { statistics, measurements, ports } = this.state;
    const outcome = this.attach(message);
    statistics.drafterForwards += message.ids.length;
    measurements.drafted(message, draftsInRounds(this.state.plan));
    if (message.ids.length > 0) {
      this.state.record({
        kind: 'draft',
        track: message.worker,
        startMs: message.startedAtMs,
        endMs: message.startedAtMs + message.forwardMs,
        data: {
          position: message.position,
          ids: message.ids,
          epoch: message.epoch,
          attached: outcome.kind === 'attached',
        },
      });
    }
    const link = this.links.get(message.worker);
    if (link === undefined) return;
    const now = ports.scheduler.now();
    const isAttached = outcome.kind === 'attached' && !outcome.diverged;
    if (isAttached) noteDrafted(link, message.epoch);
    if (message.epoch !== link.epoch) return;
    if (isAttached) {
      link.forgetful = false;
      link.heardAtMs = now;
      link.misses = 0;
      link.failures = 0;
      link.tip = outcome.tip;
      link.exhausted = message.exhausted;
      return;
    }
    // From one that turns round by itself, drafts on the refuted path are still under way for a while; at any other time
    // a message was lost.
    const isTurning = link.listen && link.owesSinceMs >= link.heardAtMs && now < this.lateAtMs(link);
    if (!isTurning) this.start(link, true);
  }

  /** Drafts whose beginning was overtaken by verdicts that say the same still are what comes after the root. */
  private attach({ worker, parentHash, position, ids, confidences }: DraftProposed): ProposalOutcome {
    const { tree, committed } = this.state;
    const drafter = this.links.get(worker)?.announced.fingerprint ?? worker;
    const late = tree.root.length - position;
    const isOvertaken =
      late > 0 &&
      late <= ids.length &&
      committed.hashAt(position) === parentHash &&
      ids.slice(0, late).every((id, index) => id === committed.tokens[position + index]);
    if (!isOvertaken) return tree.propose(parentHash, ids, confidences, drafter);
    tree.noteLate(late);
    return tree.propose(tree.root.hash, ids.slice(late), confidences.slice(late), drafter);
  }

  rejected(message: DraftRejected): void {
    const link = this.links.get(message.worker);
    if (link === undefined) return;
    if (message.outcome === 'resync' && !link.forgetful) {
      link.forgetful = true;
      this.start(link, true);
      return;
    }
    link.stopRequest?.();
    link.stopRequest = undefined;
    if (message.outcome === 'failed') link.failures++;
    link.phase = link.failures >= MOST_FAILURES ? 'refused' : 'waiting';
    link.epoch = -1;
    link.forgetful = true;
  }

  /**
   * Sends every drafter whose path is not the one that will be committed to where drafts are wanted. One that listens to
   * the targets has heard that its path was refuted, and is on its way.
   */
  steer(): void {
    if (this.state.ending !== undefined) return;
    this.takeTurns();
    for (const link of this.links.values()) {
      if (link.phase !== 'ready') continue;
      // One that rested in doubt goes on as soon as its last draft is confirmed.
      if (link.exhausted && link.leastLikelihood > 0 && link.tip === this.state.tree.root)
        this.awaitTurn(link);
      if (!this.isTold(link)) this.start(link, false);
      else if (link.ahead === 0 || this.state.tree.isOnBestPath(link.tip)) this.confirm(link);
      else if (hearsTargets(link) && !link.tip.alive) this.awaitTurn(link);
      else this.start(link, false);
      this.noteResumed(link);
    }
  }

  /**
   * Of several instances of one model one drafts. When its path is refuted it is inside a pass that nobody wants any
   * more, so the next one takes over, of as many as the plan lets take turns; not where drafters listen, and are turned
   * round by the refutation itself.
   */
  private takeTurns(): void {
    if (this.links.size < 2) return;
    const { tree, draftersListen, plan } = this.state;
    const instances = new Map<string, DrafterLink[]>();
    for (const link of this.links.values()) {
      if (link.phase !== 'ready') continue;
      const { fingerprint } = link.announced;
      instances.set(fingerprint, [...(instances.get(fingerprint) ?? []), link]);
    }
    for (const [fingerprint, links] of instances) {
      const current = this.active.get(fingerprint);
      const isThere = current !== undefined && links.includes(current);
      const isRefuted = isThere && current.epoch >= 0 && !tree.isOnBestPath(current.tip);
      const turns = links.slice(0, Math.max(1, plan.drafters));
      if (isThere && (!isRefuted || draftersListen || turns.length < 2)) continue;
      const place = current === undefined ? -1 : turns.indexOf(current);
      const next = turns[(place + 1) % turns.length];
      if (next === undefined) continue;
      this.active.set(fingerprint, next);
      // Before the other is told to stand by.
      if (isThere) this.start(next, false);
    }
  }

  /** How far it is to run ahead; 0: it stands by. */
  private aheadOf(link: DrafterLink): number {
    const { fingerprint } = link.announced;
    const isActive = this.links.size === 1 || this.active.get(fingerprint) === link;
    return isActive && !this.mayRest(link) ? this.state.plan.ahead : 0;
  }

  /** One that hears of nothing by itself could not go on in time. */
  private leastLikelihoodOf(link: DrafterLink): number {
    const { plan, draftersListen } = this.state;
    return isFree(link) || !draftersListen ? 0 : plan.leastLikelihood;
  }

  /** One whose drafts are of no use, and whose passes cost something. */
  private mayRest(link: DrafterLink): boolean {
    return !isFree(link) && this.state.usefulness.rests(link.announced.fingerprint);
  }

  private isTold(link: DrafterLink): boolean {
    const { plan, draftersListen } = this.state;
    if (link.epoch < 0 || link.ahead !== this.aheadOf(link)) return false;
    if (link.ahead === 0) return true;
    if (link.leastLikelihood !== this.leastLikelihoodOf(link)) return false;
    const hasOtherFlush = link.plan !== plan && link.flushMs !== this.state.flushMs;
    return link.batch === batchOf(plan) && link.listen === draftersListen && !hasOtherFlush;
  }

  /** Sends starts again whose effect was not seen. */
  nudge(): void {
    if (this.state.ending !== undefined) return;
    const now = this.state.ports.scheduler.now();
    for (const link of this.links.values()) {
      if (!this.isDrafting(link)) continue;
      const silence = silenceMs(this.state.plan, forwardMs(link.announced.forwardTimes, 1));
      if (now - Math.max(link.heardAtMs, link.toldAtMs, link.owesSinceMs) > silence) this.start(link, true);
    }
  }

  /** After a lost connection nothing told before is relied on. */
  restart(): void {
    for (const link of this.links.values()) {
      if (link.phase === 'ready') this.start(link, true);
    }
  }

  private isDrafting(link: DrafterLink): boolean {
    if (link.phase !== 'ready' || link.epoch < 0 || link.exhausted) return false;
    const limit = link.listen ? this.state.draftLimit : Math.min(this.state.draftEnd, link.root + link.ahead);
    return link.tip.alive && link.tip.length < limit;
  }

  private lateAtMs(link: DrafterLink): number {
    return lateAtMs(link, this.allowance(link));
  }

  /** How long drafts are waited for, milliseconds. */
  private allowance(link: DrafterLink): number {
    const { plan, measurements } = this.state;
    return allowanceMs(plan, forwardMs(link.announced.forwardTimes, 1), link.flushMs, measurements.hopMs);
  }

  /** `afresh`: what it proposed after this path may be lost. */
  private start(link: DrafterLink, afresh: boolean): void {
    const { tree, ports, request, plan } = this.state;
    const { worker, fingerprint } = link.announced;
    const path = this.wantedPath();
    const held = link.forgetful ? this.state.tree.origin : link.tip;
    const missing = missingAfter(held, path, this.state);
    link.epoch = ++this.state.epoch;
    link.tip = path[path.length - 1] ?? tree.root;
    link.ahead = this.aheadOf(link);
    link.leastLikelihood = this.leastLikelihoodOf(link);
    link.batch = batchOf(plan);
    link.plan = plan;
    link.flushMs = this.state.flushMs;
    noteTold(link, link.epoch, link.ahead > 0 && this.state.draftersListen, afresh);
    link.root = tree.root.length;
    link.exhausted = false;
    link.toldAtMs = ports.scheduler.now();
    // Nothing is expected of one that stands by.
    if (link.ahead === 0) link.owesSinceMs = link.heardAtMs;
    else {
      this.noteAwaited(link);
      this.state.usefulness.add(fingerprint);
    }
    ports.bus.publish(ports.subjects.workerDraft(worker), {
      type: 'draft.start',
      generation: request.id,
      epoch: link.epoch,
      ...missing,
      root: link.root,
      listen: link.listen,
      ahead: link.ahead,
      leastLikelihood: link.leastLikelihood,
      beliefs: ports.acceptance.trust.beliefs(fingerprint),
      end: this.state.draftEnd,
      afresh,
      batch: link.batch,
      flushMs: link.flushMs,
    });
  }

  /** A drafter that does not listen is told now and then how much of its path is committed, and before it must stop. */
  private confirm(link: DrafterLink): void {
    if (link.listen || link.ahead === 0) return;
    const { tree, ports, request } = this.state;
    const root = tree.root.length;
    if (!owesConfirmation({ ahead: link.ahead, root: link.root, length: link.tip.length }, root)) return;
    link.root = root;
    link.toldAtMs = ports.scheduler.now();
    this.noteAwaited(link);
    ports.bus.publish(ports.subjects.workerDraft(link.announced.worker), {
      type: 'draft.confirmed',
      generation: request.id,
      epoch: link.epoch,
      root,
    });
  }

  /** One that was as far ahead as it may be, and need not be any more, is awaited from now on: it was silent for long. */
  private noteResumed(link: DrafterLink): void {
    const drafts = this.isDrafting(link);
    if (drafts && !link.drafts) this.noteAwaited(link);
    link.drafts = drafts;
  }

  /** It heard the verdict that refuted its path, and goes on from there. */
  private awaitTurn(link: DrafterLink): void {
    const path = this.wantedPath();
    link.tip = path[path.length - 1] ?? this.state.tree.root;
    link.exhausted = false;
    this.noteAwaited(link);
  }

  /** What is to be drafted after. */
  private wantedPath(): DraftNode[] {
    return this.state.tree.bestPath().filter((node) => node.length < this.state.draftLimit);
  }

  private noteAwaited(link: DrafterLink): void {
    noteAwaited(link, this.state.ports.scheduler.now(), this.allowance(link));
  }
}

/** Whether its passes take no time worth speaking of. */
function isFree({ announced }: DrafterLink): boolean {
  return draftsFreely(forwardMs(announced.forwardTimes, 1));
}

/** Lookup takes no time, and seldom finds anything: it counts only where there is nothing else. */
function fastestModel(times: readonly number[]): number | undefined {
  const models = times.filter((ms) => !draftsFreely(ms));
  return times.length === 0 ? undefined : Math.min(...(models.length > 0 ? models : times));
}
