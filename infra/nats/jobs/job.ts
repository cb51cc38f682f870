import { createHash } from 'node:crypto';
import type { JsMsg } from '@nats-io/jetstream';
import type { GenerationHandle, GenerationRequest } from '../../../src/core/engine.js';
import type { GenerationResult } from '../../../src/core/generation.js';
import { textOf } from '../../../src/core/text-of.js';
import { logprobsField } from '../../../src/core/wire-logprobs.js';
import { finishedFrame } from '../../gateway/frames.js';
import { parseJsonObject } from '../../gateway/json-object.js';
import { requestFromWire } from '../../gateway/wire-request.js';
import { requireReplySubject } from '../edge/reply-subject.js';

/** A message of the job stream, read. */
export interface Job {
  /** `Nats-Msg-Id`, by which the producer knows it; null: it gave none. */
  readonly id: string | null;
  /** Place in the stream. */
  readonly seq: number;
  /** 1 for the first. */
  readonly attempt: number;
  readonly resultSubject: string;
  /** The result's `Nats-Msg-Id`: the same at each attempt, and of no other job, also of a stream that is made anew. */
  readonly resultId: string;
  /** Throws InvalidOptionError. */
  request(): { readonly request: GenerationRequest; readonly unknown: readonly string[] };
}

/** Throws InvalidOptionError when it is beyond answering: no JSON object, or without a subject for the result. */
export function readJob(message: JsMsg, subjectPrefix: string): Job {
  const { result_subject, ...fields } = parseJsonObject('request', message.string());
  const { stream, deliveryCount } = message.info;
  return {
    id: message.headers?.get('Nats-Msg-Id') || null,
    seq: message.seq,
    attempt: deliveryCount,
    resultId: `${stream}:${message.seq}:${message.timestampNanos}.result`,
    resultSubject: requireReplySubject('result_subject', result_subject, subjectPrefix),
    request: () => {
      const { request, unknown } = requestFromWire(fields);
      return { request: { seed: seedOf(message), ...request }, unknown };
    },
  };
}

/** Every attempt at a job that brings no seed draws the same: so the second gateway says what the first would have said. */
function seedOf({ info, seq, timestampNanos }: JsMsg): number {
  return createHash('sha256').update(`${info.stream} ${seq} ${timestampNanos}`).digest().readUIntBE(0, 6);
}

/** Which job an answer is about. */
export function jobFields({ id, seq, attempt }: Job) {
  return { job: id, job_seq: seq, attempt };
}

export function jobResult(handle: GenerationHandle, result: GenerationResult) {
  const { tokens } = handle.log;
  return {
    ...finishedFrame(handle.id, result),
    model: handle.model,
    seed: handle.request.seed,
    text: textOf(tokens),
    token_ids: tokens.map(({ token }) => token),
    ...logprobsField(handle),
  };
}
