import { connect } from 'node:net';
import { errorMessage } from '../../../core/errors.js';
import type { Check, Finding } from './check.js';

const TIMEOUT_MS = 3000;

/** Whether the hosts that downloads come from answer: any answer will do. */
export function downloadsCheck(offline: boolean): Check {
  const what = 'downloads';
  return {
    what,
    examine: async () => {
      if (offline) return { what, status: 'ok', detail: 'switched off' };
      const { registeredModels } = await import('../../../../infra/models/registry.js');
      const { releaseArchive } = await import('../../../../infra/nats-server/release.js');
      const urls = registeredModels.flatMap(({ sources }) =>
        sources.flatMap((source) => (source.kind === 'url' ? [source.url] : [])),
      );
      const archive = releaseArchive(process.platform, process.arch);
      if (archive !== undefined) urls.push(archive.url);
      const origins = [...new Set(urls.map((url) => new URL(url).origin))];
      return Promise.all(origins.map((origin) => examineOrigin(what, origin)));
    },
  };
}

async function examineOrigin(what: string, origin: string): Promise<Finding> {
  try {
    await fetch(origin, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { what, status: 'ok', detail: `${origin} answers` };
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return { what, status: 'warning', detail: `${origin} does not answer: ${errorMessage(cause)}` };
  }
}

/** Whether a NATS server listens at each address: every server introduces itself before anything else. */
export function natsCheck(servers: readonly string[]): Check {
  const what = 'nats';
  return {
    what,
    examine: () =>
      Promise.all(
        servers.map(async (server): Promise<Finding> => {
          try {
            const version = await natsVersion(server);
            return { what, status: 'ok', detail: `${server} is nats-server ${version}` };
          } catch (error) {
            return { what, status: 'problem', detail: `${server}: ${errorMessage(error)}` };
          }
        }),
      ),
  };
}

function natsVersion(server: string): Promise<string> {
  const { hostname, port } = new URL(server.includes('://') ? server : `nats://${server}`);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 4222) });
    let text = '';
    const end = (error: Error | undefined, version = '') => {
      socket.destroy();
      if (error === undefined) resolve(version);
      else reject(error);
    };
    socket.setTimeout(TIMEOUT_MS, () => end(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    socket.on('error', (error) => end(error));
    socket.on('close', () => end(new Error('the connection was closed without a greeting')));
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (!text.includes('\n') && text.length < 65_536) return;
      const version = /^INFO .*"version":"([^"]*)"/.exec(text)?.[1];
      end(version === undefined ? new Error('what listens there is no nats-server') : undefined, version);
    });
  });
}
