import { Subscription } from 'rxjs';
import type { GenerationEnd, GenerationHandle, LoggedToken } from '../../../src/core/engine.js';
import type { LogEvent } from '../../../src/core/log-event.js';
import type { Scheduler } from '../../../src/core/scheduler.js';
import type { FollowLog } from '../connection.js';
import type { EventStream } from '../event-stream.js';
import type { GatewayLimits } from '../limits.js';
import { Outlet } from '../outlet.js';
import type { Choices } from './choices.js';
import { type CompletionKind, choiceOf } from './completion-kind.js';
import { contentTokens } from './completion-logprobs.js';

interface CompletionStreamOptions {
  readonly kind: CompletionKind;
  readonly choices: Choices;
  readonly includeUsage: boolean;
  readonly follow: FollowLog;
  readonly scheduler: Scheduler;
  readonly limits: GatewayLimits;
  /** All was said. */
  done(): void;
  /** A choice failed. */
  failed(error: unknown): void;
  /** The client did not read. */
  cut(why: string): void;
}

/** An answer of server-sent events: a chunk per token, no faster than the client reads. */
export class CompletionStream {
  private readonly outlet: Outlet;
  private readonly subscriptions = new Subscription();
  /** Characters of each choice's text so far. */
  private readonly offsets: number[] = [];

  constructor(
    private readonly events: EventStream,
    private readonly options: CompletionStreamOptions,
  ) {
    const { scheduler, limits, kind, choices } = options;
    this.outlet = new Outlet({ socket: events, scheduler, limits, overrun: (why) => this.cut(why) });
    const { opening } = kind;
    choices.handles.forEach((_, index) => {
      if (opening !== undefined) this.sendChunk(choiceOf(index, opening));
    });
  }

  begin(): void {
    const { choices, follow } = this.options;
    choices.handles.forEach(({ log }, index) => {
      const events = follow(log, -1, this.outlet);
      this.subscriptions.add(events.subscribe((event) => this.forward(index, event)));
    });
  }

  /** Ends a stream that was begun with what went wrong. */
  fail(body: object): void {
    this.send(body);
    this.events.end();
  }

  /** Nothing more is said; whether what was said is read is still watched. */
  stop(): void {
    this.subscriptions.unsubscribe();
  }

  /** The client has it all, or has left. */
  close(): void {
    this.stop();
    this.outlet.close();
  }

  private forward(index: number, event: LogEvent): void {
    if (event.type === 'end') this.finish(index, event.end);
    else this.sendToken(index, event.token);
  }

  /** A token without text is told of only where its log probability is asked for. */
  private sendToken(index: number, token: LoggedToken): void {
    const { kind, choices } = this.options;
    const { request } = choices.handles[index] as GenerationHandle;
    const offset = this.offsets[index] ?? 0;
    this.offsets[index] = offset + token.text.length;
    const content = contentTokens([token], request);
    const logprobs = content.length === 0 ? null : kind.logprobs(content, offset);
    if (token.text === '' && logprobs === null) return;
    this.sendChunk(choiceOf(index, kind.piece(token.text), null, logprobs));
  }

  private finish(index: number, end: GenerationEnd): void {
    const { kind, choices, includeUsage, done, failed } = this.options;
    let isLast: boolean;
    try {
      isLast = choices.ended(index, end);
    } catch (error) {
      failed(error);
      return;
    }
    const choice = choiceOf(index, kind.piece(undefined), choices.finishReason(index));
    this.sendChunk({ ...choice, ...choices.reportInside(index) }, choices.reportBeside);
    if (!isLast) return;
    if (includeUsage) this.send({ ...choices.head(kind.chunkObject), choices: [], usage: choices.usage() });
    this.outlet.send('[DONE]');
    this.events.end();
    done();
  }

  private sendChunk(choice: object, report: object = {}): void {
    const { kind, choices, includeUsage } = this.options;
    const head = choices.head(kind.chunkObject);
    this.send({ ...head, choices: [choice], ...(includeUsage && { usage: null }), ...report });
  }

  private send(event: object): void {
    this.outlet.send(JSON.stringify(event));
  }

  private cut(why: string): void {
    this.events.terminate();
    this.options.cut(why);
  }
}
