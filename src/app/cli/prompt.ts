import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { GenerationRequest } from '../../core/engine.js';
import { errorMessage, InvalidOptionError, SystemError } from '../../core/errors.js';
import type { CliIo } from './io.js';

export interface PromptFlags {
  readonly prompt?: string;
  readonly promptFile?: string;
  readonly chat?: string;
  readonly raw?: true;
}

export function addPromptFlags(command: Command): void {
  command
    .option('--prompt <TEXT>', 'the text to continue (default: stdin)')
    .option('--prompt-file <FILE>', 'read the text from a file')
    .option(
      '--chat <TEXT>',
      "a user's message, for a model with a chat template (the default model has none)",
    )
    .option(
      '--raw',
      'the prompt as it is, special tokens and a final newline included; shows special tokens in the output',
    );
}

type Prompt = Pick<GenerationRequest, 'prompt' | 'rawPrompt' | 'messages'>;

/**
 * The prompt from a flag, a file or stdin, whichever is given; two of them are refused. Of a file and of stdin one
 * final newline is dropped, since editors and `echo` put it there; with `--raw` it stays.
 */
export async function readPrompt(flags: PromptFlags, stdin: CliIo['stdin']): Promise<Prompt> {
  const given = (['prompt', 'promptFile', 'chat'] as const).filter((key) => flags[key] !== undefined);
  const [first, second] = given;
  if (first !== undefined && second !== undefined)
    throw new InvalidOptionError(FLAGS[second], flags[second], `left out when ${FLAGS[first]} is given`);
  if (flags.chat !== undefined) {
    if (flags.raw) throw new InvalidOptionError('--raw', true, 'left out when --chat is given');
    if (flags.chat === '') throw new InvalidOptionError('--chat', '', 'a text that is not empty');
    return { messages: [{ role: 'user', content: flags.chat }] };
  }
  const read = flags.prompt ?? (await readText(flags.promptFile, stdin));
  const text = flags.raw || flags.prompt !== undefined ? read : read.replace(/\r?\n$/, '');
  if (text === '' && flags.prompt === undefined)
    throw new InvalidOptionError(sourceName(flags.promptFile), '', 'a text that is not empty');
  return flags.raw ? { rawPrompt: text } : { prompt: text };
}

const FLAGS = { prompt: '--prompt', promptFile: '--prompt-file', chat: '--chat' } as const;

async function readText(file: string | undefined, stdin: CliIo['stdin']): Promise<string> {
  if (file === undefined && stdin.isTTY)
    throw new InvalidOptionError('--prompt', undefined, 'given, or --chat, --prompt-file, or text on stdin');
  const bytes = file === undefined ? await readAll(stdin) : await readWhole(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InvalidOptionError(sourceName(file), 'something else', 'text in UTF-8');
  }
}

function sourceName(file: string | undefined): string {
  return file === undefined ? 'the prompt on stdin' : `--prompt-file ${file}`;
}

async function readWhole(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new SystemError(`cannot read --prompt-file ${file}: ${errorMessage(error)}`, { cause: error });
  }
}

async function readAll(stdin: CliIo['stdin']): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}
