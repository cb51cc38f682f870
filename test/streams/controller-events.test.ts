import { EMPTY, from, NEVER, of, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { WireMessage } from '../../src/core/messages.js';
import { controllerEvents, controls, proposals, verdicts } from '../../streams/controller-events.js';

const common = { worker: 'w', startedAtMs: 0, forwardMs: 1, epoch: 0, position: 3 };
const proposed = (generation: string): WireMessage => ({
  type: 'draft.proposed',
  generation,
  parentHash: '0'.repeat(16),
  ids: [1],
  confidences: [1],
  exhausted: false,
  ...common,
});
const returned = (generation: string): WireMessage => ({
  type: 'verdict.returned',
  generation,
  job: 0,
  ids: [1],
  pathHashes: ['0'.repeat(16)],
  tokensIngested: 1,
  committedPosition: 0,
  done: true,
  ...common,
});
const rejected: WireMessage = { type: 'draft.rejected', generation: 'g', worker: 'w', outcome: 'resync' };
const ended: WireMessage = { type: 'job.ended', generation: 'g', worker: 'w', job: 1, outcome: 'dropped' };
const ready: WireMessage = {
  type: 'session.ready',
  generation: 'g',
  worker: 'w',
  promptMs: 1,
  startedAtMs: 0,
};
const cancelled = (generation: string): WireMessage => ({ type: 'generation.cancelled', generation });

const everything = [
  proposed('g'),
  proposed('other'),
  returned('g'),
  returned('other'),
  rejected,
  ended,
  ready,
  cancelled('g'),
  cancelled('other'),
];

function collect<Value>(source: { subscribe(next: (value: Value) => void): unknown }): Value[] {
  const values: Value[] = [];
  source.subscribe((value) => values.push(value));
  return values;
}

describe('what a generation hears', () => {
  it.each([
    ['proposals', proposals, ['draft.proposed', 'draft.rejected', 'session.ready']],
    ['verdicts', verdicts, ['verdict.returned', 'job.ended', 'session.ready']],
    ['controls', controls, ['generation.cancelled']],
  ] as const)('%s: its own, of the kinds that belong there', (_name, only, types) => {
    const heard = collect<WireMessage>(only('g')(from(everything)));
    expect(heard.map(({ type }) => type)).toEqual(types);
    expect(heard.every((message) => 'generation' in message && message.generation === 'g')).toBe(true);
  });

  it('nothing, and the end, of a source that ends', () => {
    let ends = 0;
    proposals('g')(EMPTY).subscribe({ complete: () => ends++ });
    expect(ends).toBe(1);
  });
});

describe('controllerEvents', () => {
  it('interleaves its three sources in the order in which they speak', () => {
    const drafts$ = new Subject<WireMessage>();
    const verdicts$ = new Subject<WireMessage>();
    const control$ = new Subject<string>();
    const seen = collect(
      controllerEvents<string>(drafts$.pipe(proposals('g')), verdicts$.pipe(verdicts('g')), control$),
    );
    verdicts$.next(ended);
    control$.next('control');
    drafts$.next(rejected);
    verdicts$.next(ready);
    expect(seen).toEqual([ended, 'control', rejected, ready]);
  });

  it('passes an error on and lets go of every source when it is left', () => {
    const failure = new Error('lost');
    let seen: unknown;
    controllerEvents(
      NEVER,
      throwError(() => failure),
      of('x'),
    ).subscribe({ error: (error) => (seen = error) });
    expect(seen).toBe(failure);
    const sources = [new Subject<never>(), new Subject<never>(), new Subject<never>()] as const;
    const subscription = controllerEvents(...sources).subscribe();
    expect(sources.map(({ observed }) => observed)).toEqual([true, true, true]);
    subscription.unsubscribe();
    expect(sources.map(({ observed }) => observed)).toEqual([false, false, false]);
  });
});
