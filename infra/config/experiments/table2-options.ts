import { resolveGiven } from '../given-options.js';
import {
  integerOption,
  listOption,
  numberOption,
  type OptionDefinitions,
  oneOf,
  switchOption,
  textOption,
} from '../option.js';
import type { ConfigContext } from '../resolve.js';

/** What `slipstream experiment table2` is told. */
export interface Table2Options {
  readonly rows?: readonly string[];
  readonly seeds?: number;
  readonly tokens?: number;
  readonly warmUp?: number;
  readonly targets?: number;
  readonly standby?: boolean;
  readonly firstPass?: number;
  readonly natsServer?: string;
}

export type CompiledTable2Options = Readonly<
  Required<Omit<Table2Options, 'natsServer'>> & {
    /** Undefined: found as for any engine. */
    natsServer: string | undefined;
  }
>;

/** `rows`: the ids that there are. */
export function table2OptionDefinitions(rows: readonly string[]): OptionDefinitions<Table2Options> {
  return {
    rows: listOption({
      flag: 'rows',
      most: rows.length,
      pattern: new RegExp(`^(${rows.join('|')})$`),
      allowed: `some of ${oneOf(rows)}`,
      description: 'rows of the table, separated by commas',
      defaultText: 'all',
    }),
    seeds: integerOption({
      flag: 'seeds',
      minimum: 1,
      maximum: 1000,
      description: 'prompts that count, each in every mode',
      defaultText: '5',
    }),
    tokens: integerOption({
      flag: 'tokens',
      minimum: 10,
      maximum: 10_000,
      description: 'tokens per prompt',
      defaultText: '50',
    }),
    warmUp: integerOption({
      flag: 'warm-up',
      minimum: 0,
      maximum: 100,
      description: 'prompts before them that do not count: processes compile their code then',
      defaultText: '10',
    }),
    targets: integerOption({
      flag: 'targets',
      placeholder: 'SP',
      minimum: 1,
      maximum: 64,
      description: 'target processes',
      defaultText: '7',
    }),
    standby: switchOption({
      flag: 'standby',
      description: 'a second drafter process takes over at a rollback',
      defaultText: 'off',
    }),
    firstPass: numberOption({
      flag: 'first-pass',
      placeholder: 'RATIO',
      minimum: 0.1,
      maximum: 100,
      description: 'what the pass over the prompt takes (TTFT), in passes over one token (TPOT)',
      defaultText: '1',
    }),
    natsServer: textOption({
      flag: 'nats-server',
      placeholder: 'FILE',
      description: 'nats-server binary',
      defaultText: 'found on the PATH, in the cache, or downloaded',
    }),
  };
}

/** Checks and completes. Throws InvalidOptionError naming the field as the caller spells it. */
export function compileTable2Options(
  rows: readonly string[],
  options: Table2Options,
  context: Pick<ConfigContext, 'nameOf'>,
): CompiledTable2Options {
  const values = resolveGiven(table2OptionDefinitions(rows), options, context);
  return Object.freeze({
    rows,
    seeds: 5,
    tokens: 50,
    warmUp: 10,
    targets: 7,
    standby: false,
    firstPass: 1,
    natsServer: undefined,
    ...values,
  });
}
