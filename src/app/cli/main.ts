import { defaultServices } from './default-services.js';
import { processIo } from './io.js';
import { runCli } from './program.js';

const exitCode = await runCli(process.argv.slice(2), processIo(), defaultServices);
for (const stream of [process.stdout, process.stderr])
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
// An interrupted command may still be starting things that would keep the process alive.
process.exit(exitCode);
