import { Packr } from 'msgpackr';
import { errorMessage } from '../../src/core/errors.js';
import { WIRE_VERSION, type WireMessage, wireMessageSchema } from '../../src/core/messages.js';

/** Plain MessagePack maps, so that any client can read them; msgpackr's own records could not be. */
const packr = new Packr({ useRecords: false });

type Decoded =
  | { readonly kind: 'message'; readonly message: WireMessage }
  /** Not MessagePack, another version, or outside the schema. */
  | { readonly kind: 'rejected'; readonly reason: string };

/** On the wire a message is the MessagePack array [version, message]. */
export function encodeMessage(message: WireMessage): Uint8Array {
  return packr.encode([WIRE_VERSION, message]);
}

/** Never throws, and keeps no reference to `data`. */
export function decodeMessage(data: Uint8Array): Decoded {
  let frame: unknown;
  try {
    frame = packr.decode(data);
  } catch (error) {
    return { kind: 'rejected', reason: `not MessagePack: ${errorMessage(error)}` };
  }
  if (!Array.isArray(frame) || frame.length !== 2)
    return { kind: 'rejected', reason: 'not an array of version and message' };
  if (frame[0] !== WIRE_VERSION)
    return { kind: 'rejected', reason: `wire version is ${String(frame[0])}, but must be ${WIRE_VERSION}` };
  const checked = wireMessageSchema.safeParse(frame[1]);
  if (checked.success) return { kind: 'message', message: checked.data };
  const issue = checked.error.issues[0];
  return { kind: 'rejected', reason: `${issue?.path.join('.') || 'message'}: ${issue?.message}` };
}
