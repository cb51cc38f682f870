import { isIP } from 'node:net';

/** Whether a host name or an address, in brackets or not, is this machine's own, which nobody else reaches. */
export function isLoopback(host: string): boolean {
  const name = unbracketed(host);
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '::1' ||
    (isIP(name) === 4 && name.startsWith('127.'))
  );
}

export function unbracketed(name: string): string {
  return name.replace(/^\[|\]$/g, '');
}
