import { createServer, type Server } from 'node:net';
import { SystemError } from '../../src/core/errors.js';

export interface ListenAddress {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

/** Rejects with a SystemError that names host and port when the system refuses them. */
export function listen(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
      const reason = LISTEN_PROBLEMS[error.code ?? ''] ?? error.code ?? 'unknown reason';
      reject(new SystemError(`cannot listen on ${place}: ${reason}`, { cause: error }));
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

/**
 * Listens for a moment, to learn at once what would otherwise be learnt after models were loaded. Whoever else takes the
 * port meanwhile is found out by the real `listen`. Rejects as that does.
 */
export async function checkListenAddress(address: ListenAddress): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  await listen(server, address);
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

const LISTEN_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EACCES: 'this user may not use the port',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the host name is unknown',
};
