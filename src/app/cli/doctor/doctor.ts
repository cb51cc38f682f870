import type { Command } from 'commander';
import picocolors from 'picocolors';
import { compileEngineOptions, engineOptionDefinitions } from '../../../../infra/config/engine-options.js';
import { DEFAULT_MODEL } from '../../../../infra/models/bundled-models.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { untilInterrupted } from '../interrupt.js';
import type { CliOutput } from '../io.js';
import { addFlags, flagName, readFlags } from '../option-flags.js';
import type { Cli } from '../services.js';
import { type Check, type Finding, runCheck } from './check.js';
import { environmentCheck } from './environment.js';
import { memoryCheck, nodeCheck, processorCheck } from './machine.js';
import { downloadsCheck, natsCheck } from './network.js';
import { modelCheck, modelsCheck, natsServerCheck, runtimeCheck } from './software.js';
import { speedCheck } from './speed.js';

const EXAMPLES = `
Exits with 1 when there is a problem. Downloads nothing unless a model is named that is not here.

Examples:
  slipstream doctor
  slipstream doctor --model smollm2
  slipstream doctor --nats nats://nats-1:4222 --json
`;

export function addDoctorCommand(program: Command, cli: Cli): void {
  const command = program
    .command('doctor')
    .description('look at this machine: what is here, what is missing, what can be reached')
    .option(
      '--model <MODEL>',
      'load this model and test whether its passes are exact; none: no model',
      DEFAULT_MODEL,
    )
    .option('--json', 'print a JSON array');
  const shown = new Set(['natsUrl', 'natsServer', 'cacheFolder', 'offline', 'threads']);
  addFlags(
    command,
    engineOptionDefinitions,
    (Object.keys(engineOptionDefinitions) as (keyof typeof engineOptionDefinitions)[]).filter(
      (key) => !shown.has(key),
    ),
  );
  command.addHelpText('after', EXAMPLES).action(async () => cli.exit(await doctor(command, cli)));
}

async function doctor(command: Command, { io }: Cli): Promise<ExitCode> {
  const { model, json }: { model: string; json?: true } = command.opts();
  const context = io.context(flagName(engineOptionDefinitions));
  const options = compileEngineOptions(readFlags(command, engineOptionDefinitions), context);
  const { nats, natsServer, store } = options;
  const checks: Check[] = [
    nodeCheck,
    processorCheck,
    memoryCheck,
    runtimeCheck,
    natsServerCheck(natsServer, store),
    ...(nats.servers === undefined ? [] : [natsCheck(nats.servers)]),
    modelsCheck(store),
    speedCheck(store),
    downloadsCheck(store.offline),
    environmentCheck(context.environment),
    ...(model === 'none' ? [] : [modelCheck(model, options.local.threads, store)]),
  ];
  const findings: Finding[] = [];
  for (const check of checks)
    findings.push(...(await untilInterrupted(io.interrupted, runCheck(check), () => {})));
  await io.stdout.write(json ? `${JSON.stringify(findings, undefined, 2)}\n` : table(findings, io.stdout));
  return findings.some(({ status }) => status === 'problem') ? EXIT.failure : EXIT.ok;
}

function table(findings: readonly Finding[], output: CliOutput): string {
  const colors = picocolors.createColors(output.colored);
  const paint = { ok: colors.green, warning: colors.yellow, problem: colors.red };
  const width = Math.max(...findings.map(({ what }) => what.length));
  return findings
    .map(
      ({ what, status, detail }) => `${what.padEnd(width)}  ${paint[status](status.padEnd(7))}  ${detail}\n`,
    )
    .join('');
}
