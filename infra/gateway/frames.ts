import { z } from 'zod';
import type { GenerationHandle, LoggedToken } from '../../src/core/engine.js';
import type { GenerationResult } from '../../src/core/generation.js';
import { wireResult } from '../../src/core/report.js';
import { wireLogprobs } from '../../src/core/wire-logprobs.js';
import { parseJsonObject } from './json-object.js';
import { parseFields } from './parse-fields.js';
import { wireParameters } from './wire-request.js';

// The message of each check is what the field must be, as InvalidOptionError words it.
const idShape = 'the id of a generation, 1 to 64 characters';
const refShape = 'a text of at most 64 characters';
const afterRange = 'a whole number from -1';
const id = z.string(idShape).min(1, idShape).max(64, idShape);
const ref = z
  .string(refShape)
  .max(64, refShape)
  .nullish()
  .transform((value) => value ?? undefined);

/** Its other members are the request; see requestFromWire. */
const createFrame = z.looseObject({ type: z.literal('generation.create'), ref });
const resumeFrame = z.object({
  type: z.literal('generation.resume'),
  id,
  after: z.int(afterRange).min(-1, afterRange),
  ref,
});
const cancelFrame = z.object({ type: z.literal('generation.cancel'), id, ref });

const clientFrame = z.discriminatedUnion('type', [createFrame, resumeFrame, cancelFrame], {
  error: () => 'generation.create, generation.resume or generation.cancel',
});

export type ClientFrame = z.infer<typeof clientFrame>;

/** Parses one text message of a client. Throws InvalidOptionError for what is not JSON or not a known frame. */
export function parseClientFrame(text: string): ClientFrame {
  return parseFields(clientFrame, parseJsonObject('frame', text));
}

/** The place of a request to resume. Throws InvalidOptionError. */
export function afterOf(fields: Readonly<Record<string, unknown>>): number {
  return parseFields(resumeFrame.pick({ after: true }), fields).after;
}

/** What an answer repeats so that the client can tell what it answers; undefined when the frame is beyond reading. */
export function refOf(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return ref.safeParse((value as { ref?: unknown } | null)?.ref).data;
  } catch {
    return undefined;
  }
}

export function createdFrame(handle: GenerationHandle, ref: string | undefined) {
  return {
    type: 'generation.created' as const,
    id: handle.id,
    ...(ref !== undefined && { ref }),
    model: handle.model,
    drafter: handle.drafter ?? null,
    seed: handle.request.seed,
    prompt_tokens: handle.request.promptTokenIds.length,
    parameters: wireParameters(handle.request),
  };
}

export function tokenFrame(id: string, { seq, token, text, drafted, logprobs }: LoggedToken) {
  return {
    ...{ type: 'token' as const, id, seq, token, text, drafted },
    ...(logprobs !== undefined && wireLogprobs(logprobs)),
  };
}

export function finishedFrame(id: string, result: GenerationResult) {
  return { type: 'generation.finished' as const, id, ...wireResult(result) };
}

export interface ErrorFrame {
  readonly type: 'error';
  readonly code: string;
  readonly message: string;
  /** Names this connection in the server's log. */
  readonly request_id: string;
  /** The generation it is about. */
  readonly id?: string;
  /** The `ref` of the frame it answers. */
  readonly ref?: string;
  /** With code invalid_option: the field, and what it must be. */
  readonly field?: string;
  readonly allowed?: string;
}

export type ServerFrame =
  | ReturnType<typeof createdFrame>
  | ReturnType<typeof tokenFrame>
  | ReturnType<typeof finishedFrame>
  | ErrorFrame;
