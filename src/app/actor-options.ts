import type { AnyActorRef, InspectionEvent } from 'xstate';
import type { ChartFacts } from '../core/chart-frames.js';
import type { Cancel, Scheduler } from '../core/scheduler.js';

/** Sees every event and snapshot of the actors it is given to; the one place where observation is plugged in. */
export type ActorInspector = (event: InspectionEvent) => void;

/** Shows actors to whoever looks at state charts, in this process or another. */
export interface ActorCharts {
  /** `facts`: what is known of the actor beside its state; called some times a second while somebody looks. `name`: instead of the actor's id. */
  enrol(actor: AnyActorRef, facts: () => ChartFacts, name?: string): Cancel;
}

/** XState's clock on our scheduler, so that delays of machines obey virtual time too. */
export function actorClock(scheduler: Scheduler) {
  const pending = new Map<number, Cancel>();
  let ids = 0;
  return {
    setTimeout: (task: (...args: unknown[]) => void, delayMs: number): number => {
      const id = ++ids;
      const cancel = scheduler.schedule(delayMs, () => {
        pending.delete(id);
        task();
      });
      pending.set(id, cancel);
      return id;
    },
    clearTimeout: (id: number): void => {
      pending.get(id)?.();
      pending.delete(id);
    },
  };
}

/** Options of every actor: one clock, one inspector. */
export function actorOptions(scheduler: Scheduler, inspect: ActorInspector | undefined) {
  return { clock: actorClock(scheduler), ...(inspect === undefined ? {} : { inspect }) };
}
