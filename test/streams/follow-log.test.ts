import { map, take } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, test } from 'vitest';
import { WorkerFailedError } from '../../src/core/errors.js';
import type { Demand, LogEvent } from '../../src/core/log-event.js';
import { followLog } from '../../streams/follow-log.js';
import { FakeGenerationService, type ScriptedGeneration } from '../support/fake-generation-service.js';

async function scripted(...texts: string[]): Promise<ScriptedGeneration> {
  const service = new FakeGenerationService();
  await service.create({ prompt: 'x' });
  const [generation] = service.generations;
  if (generation === undefined) throw new Error('nothing was created');
  generation.log.append(...texts);
  return generation;
}

/** Of a token its text, of the end its outcome. */
function seen(event: LogEvent): string {
  return event.type === 'token' ? event.token.text : event.end.outcome;
}

function collect(generation: ScriptedGeneration, after = -1, demand?: Demand) {
  const events: string[] = [];
  const subscription = followLog(generation.log, after, demand).subscribe({
    next: (event) => events.push(seen(event)),
    complete: () => events.push('|'),
    error: () => events.push('#'),
  });
  return { events, subscription };
}

/** Demand for so many events. */
class Credit implements Demand {
  private readonly watchers = new Set<() => void>();

  constructor(public credit = 0) {}

  get watcherCount(): number {
    return this.watchers.size;
  }

  ready(): boolean {
    return this.credit > 0;
  }

  watch(changed: () => void) {
    this.watchers.add(changed);
    return () => this.watchers.delete(changed);
  }

  grant(credit: number): void {
    this.credit += credit;
    for (const watcher of [...this.watchers]) watcher();
  }
}

describe('followLog', () => {
  test('passes on each token when it is committed, then the end; a late reader catches up at once', async () => {
    const generation = await scripted();
    new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(
      ({ hot, expectObservable }) => {
        hot('                   --a-b-----(cd)-|').subscribe({
          next: (text) => generation.log.append(text),
          complete: () => generation.complete(),
        });
        const texts = followLog(generation.log, -1).pipe(map(seen));
        expectObservable(texts).toBe('--a-b-----(cd)-(e|)', { ...letters, e: 'completed' });
        expectObservable(texts, '     -----^------!').toBe('-----(ab)-(cd)', letters);
        expectObservable(texts, '     ------------------^').toBe('------------------(abcde|)', {
          ...letters,
          e: 'completed',
        });
      },
    );
    expect(generation.log.watcherCount).toBe(0);
  });

  test('continues from every place, each token exactly once', async () => {
    const generation = await scripted('a', 'b', 'c');
    const readers = [-1, 0, 1, 2, 3, 9].map((after) => ({ after, ...collect(generation, after) }));
    generation.log.append('d', 'e');
    generation.cancel();
    for (const { after, events } of readers)
      expect(events).toEqual([...['a', 'b', 'c', 'd', 'e'].slice(after + 1), 'cancelled', '|']);
  });

  test('of an empty generation there is only the end', async () => {
    const generation = await scripted();
    generation.complete();
    expect(collect(generation).events).toEqual(['completed', '|']);
  });

  test('a failure comes behind the tokens, as an end', async () => {
    const generation = await scripted('a');
    const { events } = collect(generation);
    generation.fail(new WorkerFailedError('worker 1 ended'));
    expect(events).toEqual(['a', 'failed', '|']);
  });

  test('a log that cannot be watched is an error of the stream', async () => {
    const generation = await scripted('a');
    generation.log.watch = () => {
      throw new Error('closed');
    };
    expect(collect(generation).events).toEqual(['#']);
  });

  test('unsubscribing ends all watching', async () => {
    const generation = await scripted('a');
    const demand = new Credit(100);
    const { events, subscription } = collect(generation, -1, demand);
    expect([generation.log.watcherCount, demand.watcherCount]).toEqual([1, 1]);
    subscription.unsubscribe();
    generation.log.append('b');
    expect(events).toEqual(['a']);
    expect([generation.log.watcherCount, demand.watcherCount]).toEqual([0, 0]);
  });

  test('unsubscribing from inside an event reads no further', async () => {
    const generation = await scripted('a', 'b', 'c');
    const events: LogEvent[] = [];
    followLog(generation.log, -1)
      .pipe(take(1))
      .subscribe((event) => events.push(event));
    expect(events.map(seen)).toEqual(['a']);
    expect(generation.log.furthestRead).toBe(0);
    expect(generation.log.watcherCount).toBe(0);
  });
});

describe('demand', () => {
  test('nothing is read beyond it, however much is committed meanwhile', async () => {
    const generation = await scripted();
    const demand = new Credit(2);
    const events: string[] = [];
    followLog(generation.log, -1, demand).subscribe((event) => {
      demand.credit -= 1;
      events.push(seen(event));
    });
    generation.log.append(...Array.from({ length: 10_000 }, (_, seq) => String(seq)));
    expect(events).toEqual(['0', '1']);
    expect(generation.log.furthestRead).toBe(1);
    demand.grant(3);
    expect(events).toEqual(['0', '1', '2', '3', '4']);
    expect(generation.log.furthestRead).toBe(4);
  });

  test('the end waits for it too', async () => {
    const generation = await scripted('a');
    const demand = new Credit();
    const { events } = collect(generation, 0, demand);
    generation.complete();
    expect(events).toEqual([]);
    demand.grant(1);
    expect(events).toEqual(['completed', '|']);
  });

  test('a sink that wakes its feeder from inside an event changes neither order nor number', async () => {
    const generation = await scripted('a', 'b', 'c');
    const demand = new Credit(1);
    const events: string[] = [];
    followLog(generation.log, -1, demand).subscribe((event) => {
      demand.grant(1);
      events.push(seen(event));
    });
    expect(events).toEqual(['a', 'b', 'c']);
  });
});

const letters = { a: 'a', b: 'b', c: 'c', d: 'd' };
