/**
 * The official release that is downloaded when there is no nats-server. The hashes of its archives for Linux are
 * those in the Dockerfiles of the NATS project (nats-io/nats-docker, 2.14.x/alpine3.22); for other platforms the
 * release's own SHA256SUMS, fetched over TLS, is all there is to compare with.
 */
const RELEASE_VERSION = '2.14.5';

const KNOWN_SHA256: Readonly<Record<string, string>> = {
  'linux-amd64': '5e3b603d47c447bda1f77f9ac16dbf91c90aac4ff3681f8fbbc7201e4ed99355',
  'linux-arm64': '673a98d3faa79dde3f9ebf16d6dfac36a5f694e7ad2015e4954dd7939c85cd4c',
};

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

const RELEASE_URL = `https://github.com/nats-io/nats-server/releases/download/v${RELEASE_VERSION}`;

export interface ReleaseArchive {
  readonly url: string;
  readonly fileName: string;
  /** Undefined: to be read from `checksumsUrl`. */
  readonly sha256: string | undefined;
  readonly checksumsUrl: string;
}

/** The archive for a platform as Node.js names it; undefined where there is none that we can start. */
export function releaseArchive(platform: string, architecture: string): ReleaseArchive | undefined {
  const suffix = ARCHITECTURES[architecture];
  if (suffix === undefined || (platform !== 'linux' && platform !== 'darwin')) return undefined;
  const fileName = `nats-server-v${RELEASE_VERSION}-${platform}-${suffix}.tar.gz`;
  return {
    fileName,
    url: `${RELEASE_URL}/${fileName}`,
    sha256: KNOWN_SHA256[`${platform}-${suffix}`],
    checksumsUrl: `${RELEASE_URL}/SHA256SUMS`,
  };
}

/** The hash of a file in the text of a SHA256SUMS file. */
export function checksumOf(fileName: string, checksums: string): string | undefined {
  for (const line of checksums.split('\n')) {
    const [hash, name] = line.trim().split(/\s+\*?/);
    if (name === fileName && hash !== undefined && /^[0-9a-f]{64}$/.test(hash)) return hash;
  }
  return undefined;
}
