import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import { processContext } from '../../infra/config/process-context.js';
import { connectNatsBus } from '../../infra/nats/connect-bus.js';
import type { NatsConnectionOptions } from '../../infra/nats/connection-options.js';
import type { NatsBus } from '../../infra/nats/nats-bus.js';
import { unpackDebianPackage } from '../../infra/nats-server/debian-package.js';
import {
  type EmbeddedServer,
  type EmbeddedServerOptions,
  startNatsServer,
} from '../../infra/nats-server/embedded-server.js';
import { findNatsServer } from '../../infra/nats-server/find-binary.js';
import { silentLogger } from '../../src/core/logger.js';
import { DEFAULT_SUBJECT_PREFIX } from '../../src/core/subjects.js';

/** A current nats-server: SLIPSTREAM_NATS_SERVER, the PATH, or fetched once into the user's cache. */
export async function currentServerBinary(): Promise<string> {
  const { environment, cacheFolder } = processContext();
  const found = await findNatsServer({
    binary: environment.SLIPSTREAM_NATS_SERVER,
    cacheFolder,
    offline: false,
    logger: silentLogger,
  });
  return found.binary;
}

/** Debian's old nats-server, which must work too; undefined where it cannot be had. */
export async function oldServerBinary(): Promise<string | undefined> {
  const folder = join(processContext().cacheFolder, 'test');
  const home = join(folder, 'nats-server-of-debian');
  try {
    await access(home);
    return home;
  } catch {
    await mkdir(folder, { recursive: true });
  }
  const work = await mkdtemp(join(folder, 'fetch-'));
  try {
    await rename(await unpackDebianPackage(work), home);
    return home;
  } catch {
    return undefined;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A server that ends with the test. */
export async function startTestServer(
  options: Partial<EmbeddedServerOptions> & { binary?: string } = {},
): Promise<EmbeddedServer> {
  return startNatsServer({
    logger: silentLogger,
    ...options,
    binary: options.binary ?? (await currentServerBinary()),
  });
}

/** A client of a test server. */
export function connectTestBus(
  server: EmbeddedServer,
  options: Partial<NatsConnectionOptions> & { logger?: typeof silentLogger } = {},
): Promise<NatsBus> {
  const { logger = silentLogger, ...connection } = options;
  return connectNatsBus(
    {
      servers: [server.url],
      name: 'test',
      user: server.user,
      password: server.password,
      subjectPrefix: DEFAULT_SUBJECT_PREFIX,
      ...connection,
    },
    { logger, scheduler: createRealScheduler() },
  );
}
