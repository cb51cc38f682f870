import { setImmediate } from 'node:timers/promises';
import type { Command } from 'commander';
import {
  type CompiledSimulationOptions,
  compileSimulationOptions,
  simulationOptionDefinitions,
} from '../../../infra/config/simulation-options.js';
import { simulationReport } from '../simulation/simulation-report.js';
import { textTable } from '../text-table.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { InterruptedError } from './interrupt.js';
import { addFlags, flagName, readFlags } from './option-flags.js';
import type { Cli } from './services.js';

const EXAMPLES = `
Examples:
  slipstream simulate --target-ms 20 --drafter-ms 2 --acceptance 0.8 --targets 12
  slipstream simulate --mode dsi --lookahead 1 --latency-ms 0.3 --jitter 0.2 --json
  slipstream simulate --mode si --lookahead 4 --engine fast --tokens 10000000
  slipstream simulate --mode dsi --lookahead 2 --wait 0 --jitter 0.2 --engine fast --tokens 1000000
`;

export function addSimulateCommand(program: Command, cli: Cli): void {
  const command = program
    .command('simulate')
    .description('what decoding would take with models of given speeds and acceptance, in virtual time')
    .option('--json', 'print one JSON object');
  addFlags(command, simulationOptionDefinitions);
  command.addHelpText('after', EXAMPLES).action(async () => cli.exit(await simulate(command, cli)));
}

async function simulate(command: Command, { io }: Cli): Promise<ExitCode> {
  const options: CompiledSimulationOptions = compileSimulationOptions(
    readFlags(command, simulationOptionDefinitions),
    { nameOf: flagName(simulationOptionDefinitions) },
  );
  const { report, detailedTokens } = await simulationReport(options, async () => {
    await setImmediate();
    if (io.interrupted.aborted) throw new InterruptedError('interrupted');
  });
  if (detailedTokens < options.tokens)
    await io.stderr.write(
      `${detailedTokens} tokens simulated event by event; of the rest, which drafts are right: what those take is known\n`,
    );
  if (command.opts<{ json?: true }>().json) {
    await io.stdout.write(`${JSON.stringify(report)}\n`);
    return EXIT.ok;
  }
  const { plan, ...numbers } = report;
  const rows = Object.entries(numbers).map(([name, value]) => [
    name.replaceAll('_', ' '),
    value === null ? '-' : String(value),
  ]);
  await io.stdout.write(textTable(['', ''], rows));
  await io.stdout.write(`plan: ${JSON.stringify(plan)}\n`);
  return EXIT.ok;
}
