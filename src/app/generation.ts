import { merge, Subject } from 'rxjs';
import { createActor } from 'xstate';
import { controllerFacts } from '../../actors/rollback-controller/chart-facts.js';
import type { ClosedSessions } from '../../actors/rollback-controller/closed-sessions.js';
import {
  type RollbackControllerEvent,
  type RollbackControllerOutput,
  rollbackControllerMachine,
} from '../../actors/rollback-controller/machine.js';
import { shownGeneration } from '../../infra/charts/shown-generation.js';
import { fromSubject } from '../../streams/bus-source.js';
import { controllerEvents, controls, proposals, verdicts } from '../../streams/controller-events.js';
import { releaseText } from '../../streams/text.js';
import type { AcceptanceBooks } from '../core/acceptance-book.js';
import { errorMessage, WorkerFailedError } from '../core/errors.js';
import type { CommittedToken, CompiledRequest } from '../core/generation.js';
import type { ActorPorts } from '../core/ports.js';
import { lotOf, type TargetPool } from '../core/target-pool.js';
import type { Tokenizer } from '../core/tokenizer.js';
import type { TraceSink } from '../core/trace.js';
import { type ActorCharts, type ActorInspector, actorOptions } from './actor-options.js';
import { emptyResult } from './empty-result.js';
import type { ReleasedLog } from './released-log.js';
import type { GenerationWorkers } from './target-pin.js';

export interface GenerationOptions {
  readonly request: CompiledRequest;
  readonly ports: ActorPorts;
  readonly pool: TargetPool;
  readonly acceptance: AcceptanceBooks;
  readonly closedSessions: ClosedSessions;
  readonly workers: GenerationWorkers;
  readonly tokenizer: Tokenizer;
  /** Special tokens are part of the text. */
  readonly raw: boolean;
  readonly leaseMs: number;
  readonly patienceMs: number;
  readonly trace?: TraceSink | undefined;
  readonly inspect?: ActorInspector | undefined;
  readonly charts?: ActorCharts | undefined;
  /** Takes the released tokens and the end. */
  readonly log: ReleasedLog;
  /** Called once, when the last token is out and the sessions are closed. */
  readonly onEnd: () => void;
}

export interface RunningGeneration {
  cancel(): void;
}

/** Wires one rollback controller: proposals, verdicts and controls in; committed tokens out to log and bus. */
export function startGeneration(options: GenerationOptions): RunningGeneration {
  const { request, ports, workers } = options;
  const { bus, subjects, scheduler } = ports;
  const sinks = openSinks(options);
  const actor = createActor(rollbackControllerMachine, {
    ...actorOptions(scheduler, options.inspect),
    id: request.id,
    input: {
      options: { request, leaseMs: options.leaseMs, patienceMs: options.patienceMs },
      ports: {
        ...ports,
        pool: options.pool,
        acceptance: options.acceptance.of(request.sampler),
        closedSessions: options.closedSessions,
        trace: options.trace,
        commit: sinks.commit,
      },
    },
  });
  const leaveCharts = options.charts?.enrol(
    actor,
    () => controllerFacts(actor.getSnapshot().context.speculation),
    shownGeneration(request.id),
  );
  const control$ = new Subject<RollbackControllerEvent>();
  const events = controllerEvents<RollbackControllerEvent>(
    fromSubject(bus, subjects.generationProposals(request.id)).pipe(proposals(request.id)),
    fromSubject(bus, subjects.generationVerdicts(request.id)).pipe(verdicts(request.id)),
    merge(control$, fromSubject(bus, subjects.generationControl(request.id)).pipe(controls(request.id))),
  ).subscribe((event) => actor.send(event));
  const stopListening = workers.listen((event) => control$.next(event));
  let wasDown = bus.status !== 'connected';
  const stopStatus = bus.onStatus((status) => {
    if (status === 'connected' && wasDown) control$.next({ type: 'bus.reconnected' });
    wasDown = status !== 'connected';
  });
  const end = (output: RollbackControllerOutput) => {
    events.unsubscribe();
    stopListening();
    stopStatus();
    leaveCharts?.();
    sinks.end(output);
    options.onEnd();
  };
  actor.subscribe({
    next: ({ status, output }) => {
      if (status === 'done' && output !== undefined) end(output);
    },
    error: (error) => {
      options.ports.logger.error({ generation: request.id, error }, 'rollback controller failed');
      // Nothing of it may outlive it: its jobs would keep targets from others for ever.
      const { context } = actor.getSnapshot() as { context?: { speculation: { close(): void } } };
      context?.speculation.close();
      end(crashed(request, error));
    },
  });
  actor.start();
  const { pool } = options;
  const leastUsedFirst = workers
    .list()
    .map((announced) => ({
      announced,
      users: pool.users(announced.worker),
      lot: lotOf(request.id, announced.worker),
    }))
    .sort((a, b) => a.users - b.users || (a.lot < b.lot ? -1 : 1));
  for (const { announced } of leastUsedFirst) actor.send({ type: 'worker.joined', announced });
  return { cancel: () => control$.next({ type: 'generation.cancelled', generation: request.id }) };
}

interface Sinks {
  commit(token: CommittedToken): 'continue' | 'stop';
  end(output: RollbackControllerOutput): void;
}

/** Committed tokens go to the log that clients read, as text, and as they are to the bus. */
function openSinks(options: GenerationOptions): Sinks {
  const { request, log } = options;
  const { bus, subjects } = options.ports;
  const subject = subjects.generationTokens(request.id);
  const committed$ = new Subject<CommittedToken>();
  let stopped = false;
  committed$
    .pipe(releaseText({ tokenizer: options.tokenizer, stop: request.stop, raw: options.raw }))
    .subscribe({
      next: (token) => log.append(token),
      complete: () => {
        stopped = true;
      },
    });
  committed$.subscribe(({ seq, position, token, drafted }) => {
    bus.publish(subject, { type: 'token.committed', generation: request.id, seq, position, token, drafted });
  });
  return {
    commit: (token) => {
      committed$.next(token);
      return stopped ? 'stop' : 'continue';
    },
    end: ({ ending, result }) => {
      committed$.complete();
      bus.publish(subject, {
        type: 'generation.ended',
        generation: request.id,
        outcome: ending.outcome,
        finishReason: ending.finishReason,
        tokens: result.timings.predictedTokens,
      });
      log.finish(
        ending.outcome === 'failed'
          ? { outcome: 'failed', error: ending.error, result }
          : { outcome: ending.outcome, result },
      );
    },
  };
}

/** The machine itself broke: a defect, reported as a failed generation rather than a hang. */
function crashed(request: CompiledRequest, cause: unknown): RollbackControllerOutput {
  const error = new WorkerFailedError(`the rollback controller failed: ${errorMessage(cause)}`, { cause });
  return {
    ending: { outcome: 'failed', finishReason: 'error', error },
    result: emptyResult(request, 'error'),
  };
}
