import type { Command } from 'commander';
import { logOptionDefinitions } from '../../../infra/config/log-options.js';
import { compileWorkerOptions, workerOptionDefinitions } from '../../../infra/config/worker-options.js';
import { openLogger } from './command-log.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { addFlags, flagName, readFlags } from './option-flags.js';
import type { Cli } from './services.js';

const EXAMPLES = `
A worker holds one model and serves the gateways that share its NATS server and subject
prefix. Start as many as you have machines for; kill any at any time: it costs time, never
a token. The same settings can be given as SLIPSTREAM_... variables.

Examples:
  slipstream worker --role target --model fable --nats nats://nats-1:4222
  slipstream worker --role drafter --model fable-drafter --nats nats://nats-1:4222 --threads 1
`;

export function addWorkerCommand(program: Command, cli: Cli): void {
  const command = program.command('worker').description('run one model as a target or a drafter');
  addFlags(command, workerOptionDefinitions);
  addFlags(command, logOptionDefinitions);
  command.addHelpText('after', EXAMPLES).action(async () => cli.exit(await worker(command, cli)));
}

async function worker(command: Command, { io, services }: Cli): Promise<ExitCode> {
  const options = compileWorkerOptions(
    readFlags(command, workerOptionDefinitions),
    io.context(flagName(workerOptionDefinitions)),
  );
  const end = await services.runWorker(options, {
    logger: openLogger(command, io, 'info'),
    signal: io.interrupted,
  });
  if (end === 'failed') return EXIT.failure;
  return io.interrupted.reason === 'SIGINT' ? EXIT.interrupted : EXIT.ok;
}
