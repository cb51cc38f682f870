import { errorMessage } from '../../src/core/errors.js';
import { type CheckedMessage, checkMessage } from '../../src/core/message-check.js';
import { WIRE_VERSION, type WireMessage } from '../../src/core/messages.js';

/**
 * On the wire a message is the JSON array [version, message]: at these sizes JSON costs a process that was asleep a
 * quarter of what MessagePack does, and any client can read it.
 */
export function encodeMessage(message: WireMessage): Uint8Array {
  return Buffer.from(JSON.stringify([WIRE_VERSION, message]));
}

/** Never throws, and keeps no reference to `data`. */
export function decodeMessage(data: Uint8Array): CheckedMessage {
  let frame: unknown;
  try {
    frame = JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString());
  } catch (error) {
    return { kind: 'rejected', reason: `not JSON: ${errorMessage(error)}` };
  }
  if (!Array.isArray(frame) || frame.length !== 2)
    return { kind: 'rejected', reason: 'not an array of version and message' };
  if (frame[0] !== WIRE_VERSION)
    return { kind: 'rejected', reason: `wire version is ${String(frame[0])}, but must be ${WIRE_VERSION}` };
  return checkMessage(frame[1]);
}
