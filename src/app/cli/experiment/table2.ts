import type { Command } from 'commander';
import { compileEngineOptions } from '../../../../infra/config/engine-options.js';
import {
  type CompiledTable2Options,
  compileTable2Options,
  table2OptionDefinitions,
} from '../../../../infra/config/experiments/table2-options.js';
import { logOptionDefinitions } from '../../../../infra/config/log-options.js';
import { TABLE2_ROWS, type Table2Row } from '../../experiments/table2/rows.js';
import type { Table2Context } from '../../experiments/table2/table2.js';
import { openLogger } from '../command-log.js';
import { addFlags, flagName, readFlags } from '../option-flags.js';
import type { Cli } from '../services.js';
import { withEngine } from '../with-engine.js';
import { betweenRuns } from './between-runs.js';
import { addOutputFlags, openOutput, present } from './present.js';

const definitions = table2OptionDefinitions(TABLE2_ROWS.map(({ id }) => id));

export function addTable2Command(experiments: Command, cli: Cli): void {
  const command = experiments
    .command('table2')
    .description('Table 2 of the paper in wall-clock time: processes over a nats-server, waits for passes');
  addFlags(command, definitions);
  addOutputFlags(command);
  addFlags(command, logOptionDefinitions);
  command.action(async () => {
    const ids = TABLE2_ROWS.map(({ id }) => id);
    const nameOf = flagName(definitions);
    const options = compileTable2Options(ids, readFlags(command, definitions), { nameOf });
    const rows = TABLE2_ROWS.filter(({ id }) => options.rows.includes(id));
    const output = openOutput(command);
    const { runTable2 } = await import('../../experiments/table2/table2.js');
    const outcome = await runTable2(rows, options, contextOf(command, options, cli));
    cli.exit(await present(command, cli.io, output, options, outcome));
  });
}

function contextOf(command: Command, options: CompiledTable2Options, { io, services }: Cli): Table2Context {
  const logger = openLogger(command, io, 'warn');
  const { firstPass, natsServer, targets } = options;
  return {
    signal: io.interrupted,
    betweenRuns: betweenRuns(io),
    withService: ({ targetMs, drafterMs, acceptance }: Table2Row, recorder, work) => {
      const engine = compileEngineOptions(
        {
          model: `sim:target?ms=${targetMs}&first=${targetMs * firstPass}`,
          drafter: `sim:drafter?ms=${drafterMs}&first=${drafterMs * firstPass}&acceptance=${acceptance}`,
          drafters: options.standby ? 2 : 1,
          targets,
          workers: 'local',
          mode: 'dsi',
          ...(natsServer === undefined ? {} : { natsServer }),
        },
        io.context(flagName(definitions)),
      );
      return withEngine(engine, io, services, { logger, trace: recorder.sink }, work);
    },
  };
}
