import { accessSync, constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { makeFolder } from '../../../../infra/files/make-folder.js';
import { errorMessage, InvalidOptionError, SystemError } from '../../../core/errors.js';
import type { ExperimentOutcome } from '../../experiments/outcome.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { CliIo } from '../io.js';
import { packageVersion } from '../package-version.js';

interface OutputFlags {
  readonly json?: true;
  readonly out?: string;
}

export function addOutputFlags(command: Command): void {
  command
    .option('--json', 'print one JSON object instead of tables')
    .option('--out <FOLDER>', 'also write the JSON, the tables and an SVG figure there');
}

/**
 * Makes the folder that `--out` names. Throws SystemError where nothing can be written there: an experiment may take
 * minutes, which are not to be lost.
 */
export function openOutput(command: Command): OutputFlags {
  const flags: OutputFlags = command.opts();
  if (flags.out === '') throw new InvalidOptionError('--out', flags.out, 'the name of a folder');
  if (flags.out !== undefined) {
    try {
      makeFolder(flags.out);
      accessSync(flags.out, constants.W_OK | constants.X_OK);
    } catch (error) {
      throw unwritable(error);
    }
  }
  return flags;
}

/** Prints what an experiment found, and writes it to files named after it when a folder was given. */
export async function present(
  command: Command,
  io: CliIo,
  { json, out }: OutputFlags,
  settings: object,
  { report, text, figure }: ExperimentOutcome,
): Promise<ExitCode> {
  const name = command.name();
  const object = { experiment: name, version: packageVersion(), settings, ...report };
  if (out !== undefined) {
    const { renderFigure } = await import('../../../../infra/plot/render-figure.js');
    await writeFiles(out, {
      [`${name}.json`]: `${JSON.stringify(object)}\n`,
      [`${name}.txt`]: text,
      [`${name}.svg`]: renderFigure(figure),
    });
  }
  await io.stdout.write(json ? `${JSON.stringify(object)}\n` : text);
  return EXIT.ok;
}

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  } catch (error) {
    throw unwritable(error);
  }
}

function unwritable(error: unknown): SystemError {
  return new SystemError(`cannot write to --out: ${errorMessage(error)}`, { cause: error });
}
