import { CommanderError } from 'commander';
import { ContextLengthError, errorMessage, InvalidOptionError, SlipstreamError } from '../../core/errors.js';

export const EXIT = { ok: 0, failure: 1, wrongUse: 2, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** 2 for what the user can put right on the command line, 1 for everything else. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.wrongUse;
  if (error instanceof InvalidOptionError || error instanceof ContextLengthError) return EXIT.wrongUse;
  return EXIT.failure;
}

/** What is said about an error: one line if it was to be expected, with a stack if it is a defect. */
export function describeFailure(error: unknown): string {
  const expected = error instanceof SlipstreamError || isSystemError(error);
  if (expected || !(error instanceof Error)) return `slipstream: ${errorMessage(error)}\n`;
  return `slipstream: unexpected error, please report it: ${error.stack ?? error.message}\n`;
}

/** Errors of the operating system have a code such as ENOENT and say what was tried. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}
