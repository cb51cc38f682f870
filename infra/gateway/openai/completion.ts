import type { GenerationHandle, GenerationService } from '../../../src/core/engine.js';
import { InvalidOptionError, ModelNotServedError, UnavailableError } from '../../../src/core/errors.js';
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
import { asSpelled, type CompletionRequest, readCompletionRequest } from './completion-request.js';
import { CompletionStream } from './completion-stream.js';
import { errorAnswer } from './openai-error.js';
import { wholeCompletion } from './whole-completion.js';

export interface CompletionContext {
  readonly service: GenerationService;
  readonly follow: FollowLog;
  readonly scheduler: Scheduler;
  readonly limits: GatewayLimits;
  readonly logger: Logger;
  /** Seconds since 1970. */
  unixTime(): number;
  /** Called once: nothing more is done for this request. */
  ended(): void;
}

/**
 * One request of an OpenAI client: a generation for each choice, answered whole or as server-sent events. Nothing runs on
 * for a client that has left.
 */
export class Completion {
  private fields: Readonly<Record<string, unknown>> = {};
  private choices: Choices | undefined;
  private stream: CompletionStream | undefined;
  private over = false;

  constructor(
    private readonly kind: CompletionKind,
    private readonly exchange: HttpExchange,
    private readonly context: CompletionContext,
  ) {
    exchange.onGone(() => this.end());
  }

  /** Never rejects. */
  async run(): Promise<void> {
    const { exchange, context, kind } = this;
    try {
      this.fields = parseJsonObject('request', await exchange.body(context.limits.maxPayloadBytes));
      const request = readCompletionRequest(kind, this.fields);
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

  /** The server ends: whoever still waits is told so. */
  close(): void {
    this.fail(new UnavailableError('the server is shutting down'));
  }

  private checkModel(model: string | undefined): void {
    const served = this.context.service.health().model;
    if (model !== undefined && model !== '' && model !== served) throw new ModelNotServedError(model, served);
  }

  private async create({ requests, n, unknown }: CompletionRequest): Promise<Choices> {
    const { context, kind } = this;
    const handles: GenerationHandle[] = [];
    const choices = new Choices(handles, requests.length, n, kind.idPrefix, context.unixTime());
    this.choices = choices;
    for (const request of requests) {
      handles.push(await context.service.create(request));
      if (!this.over) continue;
      choices.cancel();
      return choices;
    }
    logUnknownFields(this.logger, unknown);
    return choices;
  }

  private openStream(choices: Choices, { includeUsage }: CompletionRequest): void {
    const { kind, exchange, context } = this;
    const { follow, scheduler, limits } = context;
    this.stream = new CompletionStream(exchange.stream(), {
      ...{ kind, choices, includeUsage, follow, scheduler, limits },
      done: (cut) => {
        if (cut !== undefined) this.logger.warn({ why: cut }, 'event stream cut');
        this.end();
      },
      failed: (error) => this.fail(error),
    });
    this.stream.begin();
  }

  private fail(error: unknown): void {
    if (this.over) return;
    const spelled = error instanceof InvalidOptionError ? asSpelled(error, this.fields) : error;
    const answer = errorAnswer(error, tellError(spelled, this.logger));
    if (this.stream === undefined) this.exchange.answer(answer);
    else this.stream.fail(answer.body as object);
    this.end();
  }

  private end(): void {
    if (this.over) return;
    this.over = true;
    this.stream?.close();
    this.choices?.cancel();
    this.context.ended();
  }

  private get logger(): Logger {
    return this.context.logger.child({ requestId: this.exchange.requestId });
  }
}
