import type { Command } from 'commander';
import { compileImportOptions, importOptionDefinitions } from '../../../infra/config/import-options.js';
import {
  type CompiledModelStoreOptions,
  compileModelStoreOptions,
  modelStoreOptionDefinitions,
} from '../../../infra/config/model-store-options.js';
import { InvalidOptionError } from '../../core/errors.js';
import { textTable } from '../text-table.js';
import { bringModel } from './bring-model.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { untilInterrupted } from './interrupt.js';
import { showProgress } from './model-progress.js';
import { addFlags, flagName, readFlags } from './option-flags.js';
import type { Cli } from './services.js';

const EXAMPLES = `
Examples:
  slipstream models list
  slipstream models pull smollm2
  slipstream models import ./my-model.Q8_0.gguf --name mine
  slipstream models import ./SmolLM2-360M-Instruct --weights q4
  slipstream models remove mine
`;

export function addModelsCommand(program: Command, cli: Cli): void {
  const models = program
    .command('models')
    .description('list, download, import and remove models')
    .addHelpText('after', EXAMPLES);

  const list = models
    .command('list')
    .description('models that have a name: built in, here, or to be downloaded')
    .option('--json', 'print a JSON array');
  addFlags(list, modelStoreOptionDefinitions, ['offline']);
  list.action(async () => cli.exit(await listAll(list, cli)));

  const pull = models.command('pull <name>').description('download and import a model by its name');
  addFlags(pull, modelStoreOptionDefinitions);
  pull.action(async (name: string) => {
    await bringModel(name, store(pull, cli), cli.io, cli.services);
    await cli.io.stdout.write(`${name} is ready\n`);
  });

  const add = models
    .command('import <path>')
    .description('make a model of a GGUF file or a folder with safetensors, or take a folder with model.onnx')
    .option('--name <NAME>', 'what to call it (default: after the file or folder)');
  addFlags(add, importOptionDefinitions);
  addFlags(add, modelStoreOptionDefinitions, ['offline']);
  add.action(async (path: string) => cli.exit(await importOne(path, add, cli)));

  const remove = models
    .command('remove <name>')
    .description('forget a model and delete what was downloaded or imported for it');
  addFlags(remove, modelStoreOptionDefinitions, ['offline']);
  remove.action(async (name: string) => {
    const { removeModel } = await import('../../../infra/models/model-store.js');
    removeModel(name, store(remove, cli));
    await cli.io.stdout.write(`${name} is removed\n`);
  });
}

function store(command: Command, { io }: Cli): CompiledModelStoreOptions {
  return compileModelStoreOptions(
    readFlags(command, modelStoreOptionDefinitions),
    io.context(flagName(modelStoreOptionDefinitions)),
  );
}

async function listAll(command: Command, cli: Cli): Promise<ExitCode> {
  const { listModels } = await import('../../../infra/models/model-store.js');
  const models = listModels(store(command, cli));
  if (command.opts().json === true) await cli.io.stdout.write(`${JSON.stringify(models, undefined, 2)}\n`);
  else {
    const rows = models.map(({ name, state, description }) => [name, state, description]);
    await cli.io.stdout.write(textTable(['name', 'state', 'description'], rows));
  }
  return EXIT.ok;
}

async function importOne(path: string, command: Command, cli: Cli): Promise<ExitCode> {
  const [{ importModel }, { nameAfter }, { checkModelFolder }, { findGraph }] = await Promise.all([
    import('../../../infra/models/model-store.js'),
    import('../../../infra/models/named-models.js'),
    import('../../../infra/models/check-folder.js'),
    import('../../../infra/models/find-graph.js'),
  ]);
  const { name = nameAfter(path) }: { name?: string } = command.opts();
  const { weights } = compileImportOptions(
    readFlags(command, importOptionDefinitions),
    cli.io.context(flagName(importOptionDefinitions)),
  );
  // What is made of other files is checked while it is made; a graph is used as it is.
  if (findGraph(path) !== undefined) await checkModelFolder(path);
  const progress = showProgress(name, cli.io.stderr);
  const settings = { ...store(command, cli), onProgress: progress.update };
  try {
    await untilInterrupted(cli.io.interrupted, importModel(path, name, settings, weights), () => {});
  } catch (error) {
    if (error instanceof InvalidOptionError && (error.field === 'name' || error.field === 'weights'))
      throw new InvalidOptionError(`--${error.field}`, error.value, error.allowed);
    throw error;
  } finally {
    progress.end();
  }
  await cli.io.stdout.write(`${name} is ready\n`);
  return EXIT.ok;
}
