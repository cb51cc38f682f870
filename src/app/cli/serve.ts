import type { Command } from 'commander';
import {
  type CompiledEngineOptions,
  compileEngineOptions,
  engineOptionDefinitions,
} from '../../../infra/config/engine-options.js';
import { compileGatewayOptions, gatewayOptionDefinitions } from '../../../infra/config/gateway-options.js';
import { logOptionDefinitions } from '../../../infra/config/log-options.js';
import type { NatsConnectionOptions } from '../../../infra/nats/connection-options.js';
import { InvalidOptionError } from '../../core/errors.js';
import { openLogger } from './command-log.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { interruption } from './interrupt.js';
import { addFlags, flagName, readFlags } from './option-flags.js';
import type { Cli } from './services.js';
import { withEngine } from './with-engine.js';

const EXAMPLES = `
Paths: /v1/stream for WebSockets, /v1/completions, /v1/chat/completions and /v1/models for OpenAI's clients, GET /health, GET /metrics for Prometheus, with --inspect /inspect for a page of running state charts and /v1/inspect for what it shows. Keys that clients must present come from SLIPSTREAM_KEYS.
With --nats it answers requests on NATS too (dsi.v1.generate), and with --jobs durable ones (docs/nats.md).
SIGTERM or Ctrl-C finishes what runs, a second one ends at once.

Examples:
  slipstream serve
  slipstream serve --port 9000 --model smollm2 --targets 3
  slipstream serve --inspect
  SLIPSTREAM_KEYS=my-secret-key slipstream serve --host 0.0.0.0
  slipstream serve --nats nats://nats-1:4222,nats://nats-2:4222
  slipstream serve --nats nats://nats-1:4222 --jobs 4
`;

export function addServeCommand(program: Command, cli: Cli): void {
  const command = program.command('serve').description('serve generations over WebSocket, HTTP and NATS');
  addFlags(command, gatewayOptionDefinitions);
  addFlags(command, engineOptionDefinitions);
  addFlags(command, logOptionDefinitions);
  command.addHelpText('after', EXAMPLES).action(async () => cli.exit(await serve(command, cli)));
}

async function serve(command: Command, { io, services }: Cli): Promise<ExitCode> {
  const gatewayOptions = compileGatewayOptions(
    readFlags(command, gatewayOptionDefinitions),
    io.context(flagName(gatewayOptionDefinitions)),
  );
  const options = compileEngineOptions(
    readFlags(command, engineOptionDefinitions),
    io.context(flagName(engineOptionDefinitions)),
  );
  if (gatewayOptions.jobs > 0 && options.nats.servers === undefined)
    throw new InvalidOptionError('jobs', gatewayOptions.jobs, '0 unless --nats names a server');
  const logger = openLogger(command, io, 'info');
  await services.checkListenAddress(gatewayOptions);
  return await withEngine(options, io, services, { logger }, async (service) => {
    const gateway = await services.startGateway(gatewayOptions, {
      service,
      logger,
      nats: natsOf(options),
    });
    try {
      await io.stdout.write(`slipstream serves ${options.model} on ${gateway.url}\n`);
      if (gatewayOptions.inspect) await io.stdout.write(`state charts are shown at ${gateway.url}/inspect\n`);
      const signal = await interruption(io.interrupted);
      logger.info({ signal, running: service.health().running }, 'draining');
      // What nobody follows any more is not waited for.
      void service.drain();
      await gateway.drain();
      return signal === 'SIGTERM' ? EXIT.ok : EXIT.interrupted;
    } finally {
      await gateway.close();
    }
  });
}

/** An embedded server is for this engine and its workers alone: nobody else has its credentials. */
function natsOf({ nats }: CompiledEngineOptions): NatsConnectionOptions | undefined {
  return nats.servers === undefined
    ? undefined
    : { ...nats, servers: nats.servers, name: 'slipstream-gateway' };
}
