import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { NodeConnectionOptions } from 'nats';

/** Paths of PEM files. */
export interface NatsTlsOptions {
  readonly caFile?: string | undefined;
  readonly certificateFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** Settings of nats.js for TLS, which they demand. Undefined: TLS is used if the server demands it. */
export function nodeTlsOptions(
  servers: readonly string[],
  files: NatsTlsOptions | undefined,
): NodeConnectionOptions['tls'] | undefined {
  if (files === undefined && !servers.some((server) => server.startsWith('tls://'))) return undefined;
  const { caFile, certificateFile, keyFile } = files ?? {};
  return {
    ...(caFile === undefined ? {} : { caFile }),
    ...(certificateFile === undefined ? {} : { certFile: certificateFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...identityOf(servers.map(hostOf).filter((host) => isIP(host) !== 0)),
  };
}

/**
 * nats.js names no server that is dialled by its address. `tls.connect` then checks the certificate against `host`, and
 * without one against `localhost`. Which of several addresses was dialled is not told: a certificate for any will do.
 */
function identityOf(addresses: readonly string[]) {
  const [host] = addresses;
  if (host === undefined) return {};
  return {
    host,
    checkServerIdentity: (name: string, certificate: PeerCertificate) => {
      const accepted = isIP(name) === 0 ? [name] : addresses;
      const errors = accepted.map((each) => checkServerIdentity(each, certificate));
      return errors.includes(undefined) ? undefined : errors[0];
    },
  };
}

/** `10.0.0.5` of `tls://10.0.0.5:4222`, `::1` of `[::1]`. */
function hostOf(server: string): string {
  const authority = server.replace(/^\w+:\/\//, '');
  return /^\[(.*)\]/.exec(authority)?.[1] ?? authority.replace(/:\d+$/, '');
}
