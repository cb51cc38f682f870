import { errorMessage, InvalidOptionError, ModelFormatError } from '../../src/core/errors.js';
import type { Prompt } from '../../src/core/prompt.js';

/** What goes to the thread. */
export interface EncodingOrder {
  readonly order: number;
  readonly prompt: Prompt;
}

/** What comes back. */
export type EncodingAnswer =
  | { readonly order: number; readonly tokenIds: Int32Array }
  | { readonly order: number; readonly error: PackedError };

/** An error between threads: structured cloning keeps no class of ours. */
type PackedError =
  | {
      readonly kind: 'invalidOption';
      readonly field: string;
      readonly value: unknown;
      readonly allowed: string;
    }
  | { readonly kind: 'modelFormat'; readonly where: string; readonly message: string }
  | { readonly kind: 'other'; readonly message: string };

export function packError(error: unknown): PackedError {
  if (error instanceof InvalidOptionError) {
    const { field, value, allowed } = error;
    return { kind: 'invalidOption', field, value, allowed };
  }
  const message = errorMessage(error);
  if (error instanceof ModelFormatError) return { kind: 'modelFormat', where: error.where, message };
  return { kind: 'other', message };
}

/** An error of the same class and message. */
export function unpackError(packed: PackedError): Error {
  switch (packed.kind) {
    case 'invalidOption':
      return new InvalidOptionError(packed.field, packed.value, packed.allowed);
    case 'modelFormat':
      return new ModelFormatError(packed.where, packed.message.slice(`${packed.where}: `.length));
    case 'other':
      return new Error(packed.message);
  }
}
