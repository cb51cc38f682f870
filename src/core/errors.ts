/**
 * Errors, a class per cause. Each has a stable `code` that edges pass on to clients; `message` is one line
 * for a person, naming field, value and allowed range where there is one.
 */
export abstract class SlipstreamError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A value that a user gave is outside what the field allows. Wrong use: the CLI exits with 2. */
export class InvalidOptionError extends SlipstreamError {
  readonly code = 'invalid_option';

  constructor(
    readonly field: string,
    readonly value: unknown,
    readonly allowed: string,
  ) {
    super(`${field} is ${describeValue(value)}, but must be ${allowed}`);
  }
}

/** The prompt, or prompt plus requested output, does not fit the model's context. */
export class ContextLengthError extends SlipstreamError {
  readonly code = 'context_length_exceeded';

  constructor(
    readonly promptTokens: number,
    readonly contextTokens: number,
  ) {
    super(
      `prompt is ${promptTokens} tokens long, but must leave room for at least one more in the model's context of ${contextTokens}`,
    );
  }
}

/** A model name, file or folder that is not there. */
export class ModelNotFoundError extends SlipstreamError {
  readonly code = 'model_not_found';

  constructor(
    readonly model: string,
    hint: string,
  ) {
    super(`model ${JSON.stringify(model)} was not found: ${hint}`);
  }
}

/** A client asked for another model than the one that is served. */
export class ModelNotServedError extends SlipstreamError {
  readonly code = 'model_not_found';

  constructor(
    readonly model: string,
    readonly served: string,
  ) {
    super(`model is ${JSON.stringify(model)}, but this server has ${JSON.stringify(served)}`);
  }
}

/** A model file that is damaged, foreign or of a kind that cannot be run exactly. `where` names the file and place. */
export class ModelFormatError extends SlipstreamError {
  readonly code = 'model_unsupported';

  constructor(
    readonly where: string,
    readonly problem: string,
    options?: { cause?: unknown },
  ) {
    super(`${where}: ${problem}`, options);
  }
}

/** A download that failed, was incomplete or had the wrong checksum. */
export class DownloadError extends SlipstreamError {
  readonly code = 'download_failed';
}

/** Drafter and target do not share a tokenizer; names the first token that differs. */
export class TokenizerMismatchError extends SlipstreamError {
  readonly code = 'tokenizer_mismatch';
}

/** No nats-server can be found, started or reached. */
export class NatsUnavailableError extends SlipstreamError {
  readonly code = 'nats_unavailable';
}

/** A worker ended or could not start; carries what it last said. */
export class WorkerFailedError extends SlipstreamError {
  readonly code = 'worker_failed';
}

/** No worker that could serve the generation answered before its deadline, or all that are up refused it for good. */
export class NoWorkerError extends SlipstreamError {
  readonly code = 'no_worker';
}

/** Two targets of one fingerprint gave different tokens for one path: the generation cannot be trusted. */
export class VerdictConflictError extends SlipstreamError {
  readonly code = 'verdict_conflict';
}

/** A model's logits from which no token can be picked: broken weights, or every token excluded. */
export class InvalidLogitsError extends SlipstreamError {
  readonly code = 'invalid_logits';

  constructor(
    readonly position: number,
    readonly problem: string,
  ) {
    super(`no token can be picked for position ${position}: ${problem}`);
  }
}

/** As many generations run and wait as were configured. */
export class BusyError extends SlipstreamError {
  readonly code = 'busy';
}

/** The generation's id is unknown here: never created, or ended longer ago than it is kept. */
export class GenerationNotFoundError extends SlipstreamError {
  readonly code = 'generation_not_found';

  constructor(readonly generation: string) {
    super(`generation ${JSON.stringify(generation)} is not known here`);
  }
}

/** Somebody ended the generation whose text was asked for. */
export class GenerationCancelledError extends SlipstreamError {
  readonly code = 'cancelled';
}

/** The engine is draining or closed. */
export class UnavailableError extends SlipstreamError {
  readonly code = 'unavailable';
}

/** A request is longer than its edge takes. */
export class RequestTooLargeError extends SlipstreamError {
  readonly code = 'request_too_large';

  constructor(readonly limitBytes: number) {
    super(`the request is longer than ${limitBytes} bytes`);
  }
}

/** What came of a job does not fit into one message of the NATS server. */
export class ResultTooLargeError extends SlipstreamError {
  readonly code = 'result_too_large';

  constructor(
    readonly bytes: number,
    readonly limitBytes: number,
  ) {
    super(`the result is ${bytes} bytes long, but the NATS server takes at most ${limitBytes} (max_payload)`);
  }
}

/** The NATS server does not let this user publish there. */
export class MayNotPublishError extends SlipstreamError {
  readonly code = 'may_not_publish';

  constructor(readonly subject: string) {
    super(`this gateway's NATS user may not publish to ${subject}`);
  }
}

/** A file, socket or port the system refuses, in one line. */
export class SystemError extends SlipstreamError {
  readonly code = 'system_error';
}

/** As messages show it: short, and nothing of what is inside lists and objects. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  if (value === undefined || value === null) return 'missing';
  return Array.isArray(value) ? `a list of ${value.length}` : `of type ${typeof value}`;
}

/** One line for a log or a terminal, whatever was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a call to the operating system failed with, without the path, for messages that name it anyway. */
export function systemReason(error: unknown): string {
  return errorMessage(error).replace(/, [a-z]+ '.*'$/s, '');
}
