import { SystemError } from '../../core/errors.js';
import { defaultServices } from './default-services.js';
import { describeFailure, EXIT } from './exit-codes.js';
import { processIo } from './io.js';
import { runCli } from './program.js';

const io = processIo();
const exitCode = await runCli(process.argv.slice(2), io, defaultServices);
for (const stream of [process.stdout, process.stderr])
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
const loss: unknown = io.outputClosed.reason;
if (loss instanceof SystemError) await io.stderr.write(describeFailure(loss));
// An interrupted command may still be starting things that would keep the process alive.
process.exit(loss instanceof SystemError && exitCode === EXIT.ok ? EXIT.failure : exitCode);
