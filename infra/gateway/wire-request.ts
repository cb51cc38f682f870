import type { GenerationRequest } from '../../src/core/engine.js';
import { InvalidOptionError } from '../../src/core/errors.js';
import type { CompiledRequest } from '../../src/core/generation.js';
import { checkRequest, type RequestField } from '../../src/core/request-check.js';

/** How the wire spells the fields of a request; what stands behind a dot is a member of `speculative`. */
const WIRE_NAMES = {
  prompt: 'prompt',
  messages: 'messages',
  promptTokenIds: 'prompt_token_ids',
  maxTokens: 'max_tokens',
  minTokens: 'min_tokens',
  temperature: 'temperature',
  topK: 'top_k',
  topP: 'top_p',
  minP: 'min_p',
  repetitionPenalty: 'repetition_penalty',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  logitBias: 'logit_bias',
  seed: 'seed',
  stop: 'stop',
  ignoreEndTokens: 'ignore_eos',
  logprobs: 'logprobs',
  mode: 'speculative.mode',
  lookahead: 'speculative.lookahead',
  targets: 'speculative.targets',
} as const satisfies Partial<Record<RequestField, string>>;

const KNOWN = new Set<string>([...Object.values(WIRE_NAMES), 'speculative']);

type Fields = Readonly<Record<string, unknown>>;

interface WireRequest {
  readonly request: GenerationRequest;
  /** Fields that mean nothing here: to be ignored and logged. */
  readonly unknown: readonly string[];
}

/**
 * Reads a request as clients write it (serving: snake_case); null counts as left out. Throws InvalidOptionError
 * that names the field as the wire spells it.
 */
export function requestFromWire(fields: Fields): WireRequest {
  const { speculative } = fields;
  if (speculative !== undefined && speculative !== null && !isObject(speculative))
    throw new InvalidOptionError(
      'speculative',
      speculative,
      'an object with any of mode, lookahead and targets',
    );
  const given = new Map<string, unknown>([
    ...Object.entries(fields).filter(([name]) => !isNested(name)),
    ...Object.entries(speculative ?? {}).map(
      ([name, value]) => [`speculative.${name}`, value] as [string, unknown],
    ),
  ]);
  const request = Object.fromEntries(
    Object.entries(WIRE_NAMES)
      .map(([field, name]) => [field, given.get(name)] as const)
      .filter(([, value]) => value !== undefined && value !== null),
    // The check below is what makes this cast true.
  ) as GenerationRequest;
  checkRequest(request, wireName);
  const unknown = [...given.keys()].filter((name) => !KNOWN.has(name));
  return { request, unknown: [...unknown, ...Object.keys(fields).filter(isNested)] };
}

/** The name of a field inside another one, which is no name for a client to use. */
function isNested(name: string): boolean {
  return name.includes('.');
}

/** An engine's complaint about a request, with the field as the wire spells it. */
export function inWireNames(error: InvalidOptionError): InvalidOptionError {
  const [field = ''] = /^\w*/.exec(error.field) ?? [];
  const name = wireName(field);
  return name === field
    ? error
    : new InvalidOptionError(name + error.field.slice(field.length), error.value, error.allowed);
}

/** The parameters in force, spelled so that together with the prompt they are a request for the same text. */
export function wireParameters({ sampler, ...request }: CompiledRequest) {
  return {
    max_tokens: request.maxTokens,
    min_tokens: sampler.minTokens,
    temperature: sampler.temperature,
    top_k: sampler.topK,
    top_p: sampler.topP,
    min_p: sampler.minP,
    repetition_penalty: sampler.repetitionPenalty,
    presence_penalty: sampler.presencePenalty,
    frequency_penalty: sampler.frequencyPenalty,
    logit_bias: Object.fromEntries(sampler.logitBias),
    seed: request.seed,
    stop: request.stop,
    ignore_eos: sampler.endTokenIds.length === 0,
    ...(request.logprobs !== undefined && { logprobs: request.logprobs }),
    speculative: {
      mode: request.mode,
      ...(request.lookahead !== undefined && { lookahead: request.lookahead }),
      ...(request.targets !== undefined && { targets: request.targets }),
    },
  };
}

function wireName(field: string): string {
  return (WIRE_NAMES as Readonly<Record<string, string>>)[field] ?? field;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
