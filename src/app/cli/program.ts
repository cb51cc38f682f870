import { Command, CommanderError } from 'commander';
import { addBenchCommand } from './bench/bench.js';
import { addDemoCommand } from './demo.js';
import { addDoctorCommand } from './doctor/doctor.js';
import { describeFailure, EXIT, type ExitCode, exitCodeOf } from './exit-codes.js';
import { addExperimentCommand } from './experiment/experiment.js';
import { addGenerateCommand } from './generate.js';
import { InterruptedError } from './interrupt.js';
import type { CliIo } from './io.js';
import { addModelsCommand } from './models.js';
import { packageVersion } from './package-version.js';
import { addServeCommand } from './serve.js';
import type { CliServices } from './services.js';
import { addSimulateCommand } from './simulate.js';
import { addWorkerCommand } from './worker.js';

const DESCRIPTION =
  'Serves a language model faster than it can run alone, without changing one token: ' +
  'a drafter guesses ahead while several targets verify in parallel.';

const EXAMPLES = `
Examples:
  slipstream demo
  slipstream generate --prompt "Once upon a time"
  slipstream serve --port 8080
  slipstream bench --quick
  slipstream doctor

Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted.
`;

/** Runs one command line (`argv` without node and script) to its end and says how to exit. Never rejects. */
export async function runCli(argv: readonly string[], io: CliIo, services: CliServices): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const cli = {
    io,
    services,
    exit: (code: ExitCode) => {
      exitCode = code;
    },
  };
  const program = new Command('slipstream')
    .description(DESCRIPTION)
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showHelpAfterError('(see --help)')
    .showSuggestionAfterError()
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text.replace(/^error: /, 'slipstream: ')),
      getOutHelpWidth: () => Math.min(io.stdout.columns, 110),
      getErrHelpWidth: () => Math.min(io.stderr.columns, 110),
    });
  addGenerateCommand(program, cli);
  addServeCommand(program, cli);
  addWorkerCommand(program, cli);
  addModelsCommand(program, cli);
  addDemoCommand(program, cli);
  addSimulateCommand(program, cli);
  addExperimentCommand(program, cli);
  addBenchCommand(program, cli);
  addDoctorCommand(program, cli);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof InterruptedError) return EXIT.interrupted;
    // Commander has already said what is wrong.
    if (!(error instanceof CommanderError)) await io.stderr.write(describeFailure(error));
    return exitCodeOf(error);
  }
}
