import type { Command } from 'commander';
import {
  compileRelaxedOptions,
  relaxedOptionDefinitions,
} from '../../../../infra/config/experiments/relaxed-options.js';
import { SCENARIO_NAMES } from '../../experiments/relaxed/scenarios.js';
import { addFlags, flagName, readFlags } from '../option-flags.js';
import type { Cli } from '../services.js';
import { betweenRuns } from './between-runs.js';
import { addOutputFlags, openOutput, present } from './present.js';

export function addRelaxedCommand(experiments: Command, cli: Cli): void {
  const definitions = relaxedOptionDefinitions(SCENARIO_NAMES);
  const command = experiments
    .command('relaxed')
    .description('SI, DSI and mode auto where the assumptions of the paper do not hold (virtual time)');
  addFlags(command, definitions);
  addOutputFlags(command);
  command.action(async () => {
    const options = compileRelaxedOptions(SCENARIO_NAMES, readFlags(command, definitions), {
      nameOf: flagName(definitions),
    });
    const output = openOutput(command);
    const { runRelaxed } = await import('../../experiments/relaxed/relaxed.js');
    const outcome = await runRelaxed(options, betweenRuns(cli.io));
    cli.exit(await present(command, cli.io, output, options, outcome));
  });
}
