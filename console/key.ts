const PROTOCOL = 'slipstream.v1';
/** A page cannot set headers of a WebSocket: its key goes as the name of a protocol, in base64url. */
const KEY_PROTOCOL = 'slipstream.key.';

/** Whether a server could have such a key: printable ASCII without spaces and commas. */
export function isKey(text: string): boolean {
  return /^[!-+\--~]{1,256}$/.test(text);
}

/** What a WebSocket that presents this key offers to speak. */
export function asProtocols(key: string | undefined): string[] {
  if (key === undefined) return [PROTOCOL];
  const encoded = btoa(key).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return [PROTOCOL, KEY_PROTOCOL + encoded];
}
