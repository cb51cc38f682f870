import type { GenerationService } from '../../../src/core/engine.js';
import {
  BusyError,
  InvalidOptionError,
  ModelNotServedError,
  UnavailableError,
} from '../../../src/core/errors.js';
import type { Logger } from '../../../src/core/logger.js';
import type { Scheduler } from '../../../src/core/scheduler.js';
import type { FollowLog } from '../connection.js';
import { tellError } from '../error-frame.js';
import type { HttpExchange } from '../http-exchange.js';
import { parseJsonObject } from '../json-object.js';
import type { GatewayLimits } from '../limits.js';
import { logUnknownFields } from '../unknown-fields.js';
import { Choices } from './choices.js';
import type { CompletionKind } from './completion-kind.js';
import { asSpelled, type CompletionRequest, ofPrompt, readCompletionRequest } from './completion-request.js';
import { CompletionStream } from './completion-stream.js';
import { errorAnswer } from './openai-error.js';
import { unixSeconds } from './unix-seconds.js';
import { wholeCompletion } from './whole-completion.js';

export interface CompletionContext {
  readonly service: GenerationService;
  readonly follow: FollowLog;
  readonly scheduler: Scheduler;
  readonly limits: GatewayLimits;
  readonly logger: Logger;
  /** Whether there are as many WebSockets and completions as may be. */
  full(): boolean;
  /** Called once: the client has its answer, or has left. */
  closed(): void;
}

/**
 * One request of an OpenAI client: a generation for each choice, answered whole or as server-sent events. Nothing runs on
 * for a client that has left.
 */
export class Completion {
  private readonly logger: Logger;
  /** Of the request, once it has come whole. */
  private fields: Readonly<Record<string, unknown>> | undefined;
  private choices: Choices | undefined;
  private stream: CompletionStream | undefined;
  /** All was said, or there is nobody to say it to. */
  private over = false;

  constructor(
    private readonly kind: CompletionKind,
    private readonly exchange: HttpExchange,
    private readonly context: CompletionContext,
  ) {
    this.logger = context.logger.child({ requestId: exchange.requestId });
    exchange.onOver(() => {
      this.end();
      this.stream?.close();
      context.closed();
    });
  }

  /** Never rejects. */
  async run(): Promise<void> {
    const { exchange, context, kind } = this;
    try {
      const body = await exchange.body(context.limits.maxPayloadBytes);
      // It had no place while it came.
      if (context.full()) throw new BusyError('the server has as many connections as it takes');
      this.fields = parseJsonObject('request', body);
      const request = readCompletionRequest(kind, this.fields, context.service.placesPerRequest);
      this.checkModel(request.model);
      const choices = await this.create(request);
      if (this.over) return;
      if (request.stream) this.openStream(choices, request);
      else {
        exchange.answer({ status: 200, body: await wholeCompletion(kind, choices) });
        this.end();
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** Whether the request has come whole. */
  get hasCome(): boolean {
    return this.fields !== undefined;
  }

  /** The server takes nothing new: what has not come whole yet is too late. */
  drain(): void {
    if (!this.hasCome) this.close();
  }

  /** The server ends: whoever still waits is told so. */
  close(): void {
    this.fail(new UnavailableError('the server is shutting down'));
  }

  private checkModel(model: string | undefined): void {
    const served = this.context.service.health().model;
    if (model !== undefined && model !== '' && model !== served) throw new ModelNotServedError(model, served);
  }

  private async create({ requests, n, promptNames, unknown }: CompletionRequest): Promise<Choices> {
    const { context, kind } = this;
    const { service, scheduler } = context;
    const choices = new Choices(requests.length, n, kind.idPrefix, unixSeconds(scheduler.now()));
    this.choices = choices;
    for (const [index, request] of requests.entries()) {
      if (this.over) break;
      const create = service.create(request).catch((error: unknown) => {
        throw ofPrompt(error, promptNames[Math.floor(index / n)] ?? 'prompt');
      });
      choices.add(await create);
    }
    if (this.over) choices.cancel();
    logUnknownFields(this.logger, unknown);
    return choices;
  }

  private openStream(choices: Choices, { includeUsage }: CompletionRequest): void {
    const { kind, exchange, context } = this;
    const { follow, scheduler, limits } = context;
    this.stream = new CompletionStream(exchange.stream(), {
      ...{ kind, choices, includeUsage, follow, scheduler, limits },
      done: () => this.end(),
      failed: (error) => this.fail(error),
      cut: (why) => this.logger.warn({ why, generation: this.generation }, 'event stream cut'),
    });
    this.stream.begin();
  }

  private fail(error: unknown): void {
    if (this.over) return;
    const spelled = error instanceof InvalidOptionError ? asSpelled(error, this.fields ?? {}) : error;
    const answer = errorAnswer(error, tellError(spelled, this.logger, this.generation));
    if (this.stream === undefined) this.exchange.answer(answer);
    else this.stream.fail(answer.body as object);
    this.end();
  }

  private end(): void {
    if (this.over) return;
    this.over = true;
    this.stream?.stop();
    this.choices?.cancel();
  }

  /** Of the first choice, for the log. */
  private get generation(): string | undefined {
    return this.choices?.handles[0]?.id;
  }
}
