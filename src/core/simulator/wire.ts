import type { Agenda } from './agenda.js';
import type { DraftProposed, SimulatedMessage, VerdictOverheard, VerdictReturned } from './messages.js';

/**
 * Carries messages. Each takes the latency, so they arrive in the order in which they were sent. Whoever does not listen
 * when something is said never hears it.
 */
export class Wire {
  /** Whether a drafter listens to the targets: the number of its subscription, or 0. */
  private readonly subscriptions: number[];
  private newest = 0;
  /** Proposals sent: the number of the next one. */
  private proposals = 0;

  constructor(
    private readonly agenda: Agenda<SimulatedMessage>,
    drafters: number,
  ) {
    this.subscriptions = new Array(drafters).fill(0);
  }

  /** What is under way to one that stops listening is not heard any more. */
  listen(drafter: number, isListening: boolean): void {
    const subscription = this.subscriptions[drafter] as number;
    if (isListening === subscription > 0) return;
    this.subscriptions[drafter] = isListening ? ++this.newest : 0;
  }

  hears({ drafter, subscription }: VerdictOverheard): boolean {
    return this.subscriptions[drafter] === subscription;
  }

  send(message: SimulatedMessage): void {
    this.agenda.post(message);
  }

  /** To the controller and the drafters that listen. */
  verdict(verdict: VerdictReturned): void {
    this.agenda.post(verdict);
    for (let drafter = 0; drafter < this.subscriptions.length; drafter++) {
      const subscription = this.subscriptions[drafter] as number;
      if (subscription > 0) this.agenda.post({ kind: 'verdict.overheard', drafter, subscription, verdict });
    }
  }

  /** Number of the next proposal: a target that begins to listen hears it and those after it. */
  get nextProposal(): number {
    return this.proposals;
  }

  /** To the controller and the targets that hear the drafters. */
  proposal(proposal: DraftProposed): void {
    this.proposals++;
    this.agenda.post(proposal);
  }
}
