import type { DraftSupply } from '../../src/core/dispatch.js';
import type { DraftProposed, DraftRejected, WorkerAnnounced } from '../../src/core/messages.js';
import { forwardMs } from '../../src/core/planner.js';
import { createDrafterLink, type DrafterLink } from './drafter-links.js';
import type { GenerationState } from './generation-state.js';
import { missingAfter } from './missing-tokens.js';
import { closeSession } from './session-links.js';

/** Drafts wait at most this long in a drafter for the rest of their message. */
const FLUSH_MS = 4;
/** A start or limit is sent again when nothing came for this long, plus twenty drafts' time. */
const SILENCE_MS = 500;

/** Where the drafters draft, and what came of it. */
export class DrafterSide {
  readonly links = new Map<string, DrafterLink>();

  constructor(private readonly state: GenerationState) {}

  join(announced: WorkerAnnounced): DrafterLink {
    const link = createDrafterLink(announced, this.state.tree.root);
    this.links.set(announced.worker, link);
    return link;
  }

  leave(worker: string): void {
    const link = this.links.get(worker);
    if (link === undefined) return;
    closeSession(link, this.state.request.id, this.state.ports);
    this.links.delete(worker);
  }

  /** Milliseconds per drafted token of the fastest drafter; undefined without one. */
  draftMs(): number | undefined {
    const times = [...this.links.values()]
      .filter((link) => link.phase !== 'refused')
      .map((link) => forwardMs(link.announced.forwardTimes, 1));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Whether a verification had better wait for more drafts. Never for a drafter that is absent, done or late. */
  supply(): DraftSupply {
    const now = this.state.ports.scheduler.now();
    for (const link of this.links.values()) {
      if (this.isDrafting(link) && now < this.lateAtMs(link)) return 'coming';
    }
    return 'dry';
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
    const { tree, statistics, ports } = this.state;
    const outcome = tree.propose(message.parentHash, message.ids, message.confidences);
    statistics.drafterForwards += message.ids.length;
    if (message.ids.length > 0) {
      this.state.record({
        kind: 'draft',
        track: message.worker,
        startMs: message.startedAtMs,
        endMs: message.startedAtMs + message.forwardMs,
        data: { position: message.position, ids: message.ids, epoch: message.epoch },
      });
    }
    const link = this.links.get(message.worker);
    if (link === undefined) return;
    link.heardAtMs = ports.scheduler.now();
    if (message.epoch !== link.epoch) return;
    link.forgetful = false;
    if (outcome.kind === 'attached' && !outcome.diverged) {
      link.tip = outcome.tip;
      link.exhausted = message.exhausted;
    } else {
      this.start(link);
    }
  }

  rejected(message: DraftRejected): void {
    const link = this.links.get(message.worker);
    if (link === undefined) return;
    link.heardAtMs = this.state.ports.scheduler.now();
    if (message.outcome === 'resync' && !link.forgetful) {
      link.forgetful = true;
      this.start(link);
      return;
    }
    link.stopRequest?.();
    link.stopRequest = undefined;
    link.phase = message.outcome === 'failed' && link.openTries > 3 ? 'refused' : 'waiting';
    link.epoch = -1;
    link.forgetful = true;
  }

  /** Sends every drafter whose path is not the one that will be committed to where drafts are wanted. */
  steer(): void {
    if (this.state.ending !== undefined) return;
    const { tree } = this.state;
    for (const link of this.links.values()) {
      if (link.phase !== 'ready') continue;
      if (link.epoch < 0 || !tree.isOnBestPath(link.tip)) this.start(link);
      else this.moveLimit(link);
    }
  }

  /** Sends starts again whose effect was not seen. */
  nudge(): void {
    if (this.state.ending !== undefined) return;
    const now = this.state.ports.scheduler.now();
    for (const link of this.links.values()) {
      if (!this.isDrafting(link)) continue;
      const silence = SILENCE_MS + 20 * forwardMs(link.announced.forwardTimes, 1);
      if (now - Math.max(link.heardAtMs, link.toldAtMs) > silence) this.start(link);
    }
  }

  /** After a lost connection nothing told before is relied on. */
  restart(): void {
    for (const link of this.links.values()) {
      if (link.phase === 'ready') this.start(link);
    }
  }

  private isDrafting(link: DrafterLink): boolean {
    if (link.phase !== 'ready' || link.epoch < 0 || link.exhausted) return false;
    return link.tip.alive && link.tip.length < link.limit;
  }

  private lateAtMs(link: DrafterLink): number {
    const draftMs = forwardMs(link.announced.forwardTimes, 1);
    const inMessage = this.state.plan.mode === 'si' ? this.state.plan.lookahead : 1;
    return Math.max(link.heardAtMs, link.owesSinceMs) + (inMessage + 3) * draftMs + 2 * FLUSH_MS;
  }

  private start(link: DrafterLink): void {
    const { tree, ports, request, plan } = this.state;
    const limit = this.state.draftLimit;
    const path = tree.bestPath().filter((node) => node.length < limit);
    const held = link.forgetful ? this.promptNode() : link.tip;
    const missing = missingAfter(held, path, this.state);
    link.epoch = ++this.state.epoch;
    link.tip = path[path.length - 1] ?? tree.root;
    link.limit = limit;
    link.exhausted = false;
    this.noteTold(link);
    ports.bus.publish(ports.subjects.workerDraft(link.announced.worker), {
      type: 'draft.start',
      generation: request.id,
      epoch: link.epoch,
      ...missing,
      limit,
      batch: Math.max(1, plan.lookahead),
      flushMs: plan.mode === 'si' ? 1000 : FLUSH_MS,
    });
  }

  private moveLimit(link: DrafterLink): void {
    const { ports, request, plan } = this.state;
    const limit = this.state.draftLimit;
    const step = Math.max(1, Math.floor(plan.ahead / 4));
    const isStarved = link.tip.length >= link.limit - 1 && limit > link.limit;
    if (limit - link.limit < step && !isStarved) return;
    link.limit = limit;
    this.noteTold(link);
    ports.bus.publish(ports.subjects.workerDraft(link.announced.worker), {
      type: 'draft.limit',
      generation: request.id,
      epoch: link.epoch,
      limit,
    });
  }

  /** A drafter that does not answer is not waited for again just because it was told once more. */
  private noteTold(link: DrafterLink): void {
    const now = this.state.ports.scheduler.now();
    link.toldAtMs = now;
    if (link.heardAtMs >= link.owesSinceMs) link.owesSinceMs = now;
  }

  private promptNode() {
    let node = this.state.tree.root;
    while (node.parent !== undefined) node = node.parent;
    return node;
  }
}
