import { InvalidOptionError } from '../../src/core/errors.js';
import { REQUEST_MODES, type RequestMode } from '../../src/core/generation.js';
import { checkModeFields } from '../../src/core/request-check.js';
import { resolveGiven } from './given-options.js';
import { choiceOption, integerOption, numberOption, type OptionDefinitions, textOption } from './option.js';
import type { ConfigContext } from './resolve.js';

export const SIMULATION_ENGINES = ['actors', 'fast'] as const;
export type SimulationEngine = (typeof SIMULATION_ENGINES)[number];

/** Some thousand tokens a second run through the actors, hundreds of times as many through the fast simulator. */
const MOST_TOKENS = { actors: 100_000, fast: 100_000_000 } as const;

/** What `slipstream simulate` is told. */
export interface SimulationOptions {
  readonly mode?: RequestMode;
  readonly targetMs?: number;
  readonly targetTokenMs?: number;
  readonly drafterMs?: number;
  readonly acceptance?: number;
  readonly burst?: number;
  readonly acceptanceTrace?: string;
  readonly targets?: number;
  readonly drafters?: number;
  readonly lookahead?: number;
  readonly wait?: number;
  readonly latencyMs?: number;
  readonly jitter?: number;
  readonly stragglers?: number;
  readonly tokens?: number;
  readonly seed?: number;
  readonly engine?: SimulationEngine;
}

export type CompiledSimulationOptions = Readonly<
  Required<Omit<SimulationOptions, 'lookahead' | 'wait' | 'acceptanceTrace'>> & {
    /** Undefined: drafts are right at random. */
    acceptanceTrace: string | undefined;
    /** Undefined: planned. */
    lookahead: number | undefined;
    wait: number | undefined;
  }
>;

const milliseconds = { minimum: 0, maximum: 60_000, placeholder: 'MS' } as const;
const share = { minimum: 0, maximum: 1, placeholder: 'SHARE' } as const;

export const simulationOptionDefinitions: OptionDefinitions<SimulationOptions> = {
  mode: choiceOption({
    flag: 'mode',
    choices: REQUEST_MODES,
    description: 'how to decode',
    defaultText: 'auto',
  }),
  targetMs: numberOption({
    ...milliseconds,
    flag: 'target-ms',
    description: 'T: a pass of a target over one token',
    defaultText: '20',
  }),
  targetTokenMs: numberOption({
    ...milliseconds,
    flag: 'target-token-ms',
    description: 'what each further token adds to it',
    defaultText: '0',
  }),
  drafterMs: numberOption({
    ...milliseconds,
    flag: 'drafter-ms',
    description: 'c: a pass of the drafter',
    defaultText: '2',
  }),
  acceptance: numberOption({
    ...share,
    flag: 'acceptance',
    description: 'a: share of right drafts',
    defaultText: '0.8',
  }),
  burst: integerOption({
    flag: 'burst',
    minimum: 1,
    maximum: 10_000,
    description: 'positions that drafts are well or badly right for together; 1: each by itself',
    defaultText: '1',
  }),
  acceptanceTrace: textOption({
    flag: 'acceptance-trace',
    placeholder: 'FILE',
    description: 'where drafts are right, as `experiment acceptance --json` found it, instead of at random',
    defaultText: 'none',
  }),
  targets: integerOption({
    flag: 'targets',
    placeholder: 'SP',
    minimum: 1,
    maximum: 64,
    description: 'target workers',
    defaultText: '7',
  }),
  drafters: integerOption({
    flag: 'drafters',
    minimum: 1,
    maximum: 4,
    description: 'instances of the drafter; one more takes over at a rollback',
    defaultText: '1',
  }),
  lookahead: integerOption({
    flag: 'lookahead',
    placeholder: 'K',
    minimum: 1,
    maximum: 64,
    description: 'new drafts per verification job',
    defaultText: 'planned',
  }),
  wait: integerOption({
    flag: 'wait',
    placeholder: 'W',
    minimum: 0,
    maximum: 64,
    description: 'drafts that the first job after a rollback waits for',
    defaultText: 'planned',
  }),
  latencyMs: numberOption({
    ...milliseconds,
    flag: 'latency-ms',
    description: 'l: a message one way',
    defaultText: '0',
  }),
  jitter: numberOption({
    flag: 'jitter',
    placeholder: 'CV',
    minimum: 0,
    maximum: 2,
    description: 'coefficient of variation of pass times (log-normal)',
    defaultText: '0',
  }),
  stragglers: numberOption({
    ...share,
    flag: 'stragglers',
    description: 'share of passes that take five times as long',
    defaultText: '0',
  }),
  tokens: integerOption({
    flag: 'tokens',
    minimum: 2,
    maximum: MOST_TOKENS.fast,
    description: 'tokens to generate',
    defaultText: '2000',
  }),
  seed: integerOption({
    flag: 'seed',
    minimum: 0,
    maximum: 2 ** 31 - 1,
    description: 'decides which drafts are right and how times vary',
    defaultText: '1',
  }),
  engine: choiceOption({
    flag: 'engine',
    choices: SIMULATION_ENGINES,
    description:
      'the production actors in virtual time, or the fast simulator, which draws other drafts from a seed',
    defaultText: 'actors',
  }),
};

/** Checks and completes. Throws InvalidOptionError naming the field as the caller spells it. */
export function compileSimulationOptions(
  options: SimulationOptions,
  context: Pick<ConfigContext, 'nameOf'>,
): CompiledSimulationOptions {
  const values = resolveGiven(simulationOptionDefinitions, options, context);
  for (const field of ['acceptance', 'burst'] as const)
    if (values.acceptanceTrace !== undefined && values[field] !== undefined)
      throw new InvalidOptionError(
        context.nameOf(field),
        values[field],
        `left out when ${context.nameOf('acceptanceTrace')} is given`,
      );
  checkModeFields(values, context.nameOf);
  const engine = values.engine ?? 'actors';
  const compiled: CompiledSimulationOptions = {
    mode: values.mode ?? 'auto',
    targetMs: values.targetMs ?? 20,
    targetTokenMs: values.targetTokenMs ?? 0,
    drafterMs: values.drafterMs ?? 2,
    acceptance: values.acceptance ?? 0.8,
    burst: values.burst ?? 1,
    acceptanceTrace: values.acceptanceTrace,
    targets: values.targets ?? 7,
    drafters: values.drafters ?? 1,
    lookahead: values.lookahead,
    wait: values.wait,
    latencyMs: values.latencyMs ?? 0,
    jitter: values.jitter ?? 0,
    stragglers: values.stragglers ?? 0,
    tokens: values.tokens ?? 2000,
    seed: values.seed ?? 1,
    engine,
  };
  if (compiled.tokens > MOST_TOKENS[engine])
    throw new InvalidOptionError(
      context.nameOf('tokens'),
      compiled.tokens,
      `${MOST_TOKENS[engine]} at most with ${context.nameOf('engine')} ${engine}`,
    );
  return Object.freeze(compiled);
}
