import { randomBytes, randomInt } from 'node:crypto';

/** An id that cannot be guessed: 128 bits as 22 letters, digits, `_` and `-`. */
export function newGenerationId(): string {
  return randomBytes(16).toString('base64url');
}

/** Unique per start of a worker. */
export function newWorkerId(role: string): string {
  return `${role}-${randomBytes(6).toString('hex')}`;
}

/** A seed for a request that brings none: 0..2^47-1 (the most that the system's uniform draw gives at once). */
export function newSeed(): number {
  return randomInt(2 ** 47);
}
