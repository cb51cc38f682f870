import { compileCheck } from './compile-check.js';
import { type WireMessage, wireMessageSchema } from './messages.js';

export type CheckedMessage =
  | { readonly kind: 'message'; readonly message: WireMessage }
  | { readonly kind: 'rejected'; readonly reason: string };

const checks = new Map<unknown, (value: unknown) => boolean>(
  wireMessageSchema.options.map((option) => [option.shape.type.value, compileCheck<unknown>(option)]),
);

/** What came off a wire, as the message it is, or why it is none. Neither copied nor changed. */
export function checkMessage(value: unknown): CheckedMessage {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (checks.get(type)?.(value)) return { kind: 'message', message: value as WireMessage };
  // Slower, but it says what is wrong.
  const issue = wireMessageSchema.safeParse(value).error?.issues[0];
  return { kind: 'rejected', reason: `${issue?.path.join('.') || 'message'}: ${issue?.message}` };
}
