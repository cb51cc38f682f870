import type { Subscription } from 'rxjs';
import type { GenerationHandle, GenerationService } from '../../../src/core/engine.js';
import { BusyError, UnavailableError } from '../../../src/core/errors.js';
import type { LogEvent } from '../../../src/core/log-event.js';
import type { Logger } from '../../../src/core/logger.js';
import type { Cancel, Scheduler } from '../../../src/core/scheduler.js';
import type { FollowLog } from '../../gateway/connection.js';
import { errorFrame } from '../../gateway/error-frame.js';
import { afterOf, createdFrame, finishedFrame, tokenFrame } from '../../gateway/frames.js';
import { parseJsonObject } from '../../gateway/json-object.js';
import type { Leases } from '../../gateway/leases.js';
import { logUnknownFields } from '../../gateway/unknown-fields.js';
import { requestFromWire } from '../../gateway/wire-request.js';
import type { EdgeLine } from './edge-line.js';
import { isReplySubject } from './reply-subject.js';
import { Requester } from './requester.js';

/** Generations that requesters follow at a time; what runs at a time the engine bounds. */
const MOST_FOLLOWED = 1024;

interface AnswersOptions {
  readonly line: EdgeLine;
  readonly service: GenerationService;
  readonly follow: FollowLog;
  readonly leases: Leases;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly subjectPrefix: string;
  newRequestId(): string;
}

/** One request: who asked, by which name the log knows it, and what keeps its generation alive. */
interface Asked {
  readonly requester: Requester;
  readonly requestId: string;
  readonly logger: Logger;
  subscription?: Subscription;
  /** Keeps its generation alive from now on, until released. */
  hold?: () => void;
  release?: Cancel;
}

/** Answers requests with frames on their reply subjects: the same frames as over WebSocket, then an empty message. */
export class Answers {
  private readonly open = new Set<Asked>();
  private readonly idleWaiters = new Set<() => void>();

  constructor(private readonly options: AnswersOptions) {}

  /** A request for a generation, as JSON text. */
  create(text: string, replySubject: string | undefined): void {
    const asked = this.begin(replySubject);
    if (asked !== undefined) this.guarded(asked, () => this.start(text, asked));
  }

  /** A request for a generation's frames from a place on. Whose generations are elsewhere says nothing. */
  resume(id: string, text: string, replySubject: string | undefined): void {
    const handle = this.options.service.find(id);
    if (handle === undefined) return;
    const asked = this.begin(replySubject);
    if (asked !== undefined)
      this.guarded(asked, async () => this.follow(handle, afterOf(parseJsonObject('request', text)), asked));
  }

  /** Settles when nobody is being answered. */
  idle(): Promise<void> {
    if (this.open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.idleWaiters.add(resolve));
  }

  /** Tells those who are still being answered that it goes no further here. */
  close(): void {
    for (const asked of [...this.open]) this.fail(asked, new UnavailableError('the server is shutting down'));
  }

  private begin(subject: string | undefined): Asked | undefined {
    const { line, scheduler, subjectPrefix, newRequestId } = this.options;
    if (subject === undefined || !isReplySubject(subject, subjectPrefix)) {
      this.options.logger.debug({ subject }, 'request ignored: its reply subject is none to answer to');
      return undefined;
    }
    const requestId = newRequestId();
    const requester = new Requester(line, scheduler, subject, {
      away: () => {
        asked.logger.debug({}, 'requester does not listen');
        asked.release?.();
      },
      back: () => asked.hold?.(),
      gone: () => {
        requester.close();
        this.finish(asked);
      },
    });
    const asked: Asked = { requester, requestId, logger: this.options.logger.child({ requestId }) };
    this.open.add(asked);
    return asked;
  }

  private guarded(asked: Asked, work: () => Promise<void>): void {
    const busy = this.open.size > MOST_FOLLOWED;
    const worked = busy
      ? Promise.reject(new BusyError(`${MOST_FOLLOWED} requests over NATS are being answered: try later`))
      : work();
    worked.catch((error: unknown) => this.fail(asked, error));
  }

  private async start(text: string, asked: Asked): Promise<void> {
    const { service, leases } = this.options;
    const { request, unknown } = requestFromWire(parseJsonObject('request', text));
    const handle = await service.create(request);
    // From here on the lease sees to it that nothing runs for nobody.
    leases.add(handle);
    logUnknownFields(asked.logger, unknown);
    asked.requester.send(createdFrame(handle, undefined));
    this.follow(handle, -1, asked);
  }

  private follow(handle: GenerationHandle, after: number, asked: Asked): void {
    // It left, or this edge was closed, while the request was made ready.
    if (!this.open.has(asked)) return;
    const { id, log } = handle;
    asked.hold = () => {
      asked.release = this.options.leases.hold(id);
    };
    asked.hold();
    asked.subscription = this.options.follow(log, after, asked.requester).subscribe({
      next: (event) => this.forward(id, event, asked),
      error: (error: unknown) => this.fail(asked, error, id),
    });
    if (!this.open.has(asked)) this.finish(asked);
  }

  private forward(id: string, event: LogEvent, asked: Asked): void {
    if (event.type === 'token') asked.requester.send(tokenFrame(id, event.token));
    else if (event.end.outcome === 'failed') this.fail(asked, event.end.error, id);
    else {
      asked.requester.send(finishedFrame(id, event.end.result));
      asked.requester.end();
      this.finish(asked);
    }
  }

  private fail(asked: Asked, error: unknown, id?: string): void {
    if (!this.open.has(asked)) return;
    const { requester, requestId, logger } = asked;
    requester.fail(errorFrame(error, { requestId, logger, ...(id !== undefined && { id }) }));
    this.finish(asked);
  }

  private finish(asked: Asked): void {
    this.open.delete(asked);
    asked.subscription?.unsubscribe();
    asked.release?.();
    if (this.open.size > 0) return;
    for (const resolve of this.idleWaiters) resolve();
    this.idleWaiters.clear();
  }
}
