import { filter, merge, type Observable } from 'rxjs';
import type { MessageOf, WireMessage } from '../src/core/messages.js';

const PROPOSALS = ['draft.proposed', 'draft.rejected', 'session.ready'] as const;
const VERDICTS = ['verdict.returned', 'job.ended', 'session.ready'] as const;

export type Proposal = MessageOf<(typeof PROPOSALS)[number]>;
export type Verdict = MessageOf<(typeof VERDICTS)[number]>;

/** What drafters of this generation say; anything else on the subject is foreign and left out. */
export function proposals(generation: string) {
  return (messages$: Observable<WireMessage>): Observable<Proposal> =>
    messages$.pipe(filter((message): message is Proposal => isOf(message, PROPOSALS, generation)));
}

/** What targets of this generation say; anything else on the subject is foreign and left out. */
export function verdicts(generation: string) {
  return (messages$: Observable<WireMessage>): Observable<Verdict> =>
    messages$.pipe(filter((message): message is Verdict => isOf(message, VERDICTS, generation)));
}

/** Requests from outside to this generation. */
export function controls(generation: string) {
  return (messages$: Observable<WireMessage>): Observable<MessageOf<'generation.cancelled'>> =>
    messages$.pipe(
      filter((message): message is MessageOf<'generation.cancelled'> =>
        isOf(message, ['generation.cancelled'], generation),
      ),
    );
}

/** The only way into a rollback controller. */
export function controllerEvents<Control>(
  proposals$: Observable<Proposal>,
  verdicts$: Observable<Verdict>,
  control$: Observable<Control>,
): Observable<Proposal | Verdict | Control> {
  return merge(proposals$, verdicts$, control$);
}

function isOf(message: WireMessage, types: readonly string[], generation: string): boolean {
  return types.includes(message.type) && 'generation' in message && message.generation === generation;
}
