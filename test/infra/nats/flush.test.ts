import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitBlocking } from '../../../infra/clock/blocking-wait.js';
import { createRealScheduler } from '../../../infra/clock/real-scheduler.js';
import { connectNatsBus } from '../../../infra/nats/connect-bus.js';
import type { NatsConnectionOptions } from '../../../infra/nats/connection-options.js';
import { serverConfigText } from '../../../infra/nats-server/server-config.js';
import { type ServerProcess, spawnServer } from '../../../infra/nats-server/server-process.js';
import { silentLogger } from '../../../src/core/logger.js';
import { createSubjects, DEFAULT_SUBJECT_PREFIX } from '../../../src/core/subjects.js';
import { currentServerBinary } from '../../support/nats.js';
import { committed } from '../bus-contract.js';
import { type Heard, startReceiver } from './receiver.js';

const tokens = createSubjects().generationTokens('g1');
const scheduler = createRealScheduler();
const PASS_MS = 150;

function makeCertificate(folder: string): boolean {
  try {
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
        '-keyout',
        join(folder, 'key.pem'),
        '-out',
        join(folder, 'certificate.pem'),
      ],
      { stdio: 'ignore' },
    );
    return true;
  } catch {
    return false;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'slipstream-flush-test-'));
const encrypted = makeCertificate(folder);
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(['plain', 'TLS'])('flush over %s', (kind) => {
  const tls = kind === 'TLS';
  let server: ServerProcess | undefined;
  let connection: NatsConnectionOptions;

  beforeAll(async () => {
    if (tls && !encrypted) return;
    const [user, password] = ['user', 'password'];
    const configFile = join(folder, `${kind}.conf`);
    writeFileSync(
      configFile,
      serverConfigText({ port: -1, user, password, jetStreamFolder: undefined }) +
        (tls ? `tls { cert_file: "${folder}/certificate.pem", key_file: "${folder}/key.pem" }\n` : ''),
    );
    server = await spawnServer(await currentServerBinary(), configFile, () => {});
    connection = {
      servers: [`127.0.0.1:${server.port}`],
      name: 'flush-test',
      user,
      password,
      subjectPrefix: DEFAULT_SUBJECT_PREFIX,
      ...(tls ? { tls: { caFile: join(folder, 'certificate.pem') } } : {}),
    };
  });
  afterAll(() => server?.stop());

  it.skipIf(tls && !encrypted)(
    'everything has left when it calls back, though this thread then blocks',
    async () => {
      const bus = await connectNatsBus(connection, { logger: silentLogger, scheduler });
      const receiver = await startReceiver({ connection, subject: tokens });
      try {
        const lateness: number[] = [];
        for (let round = 0; round < 3; round++) {
          const heard: number[] = [];
          const bothHeard = new Promise<void>((resolve) => {
            receiver.on('message', ({ heardAtMs }: Heard) => {
              heard.push(heardAtMs);
              if (heard.length === 2) resolve();
            });
          });
          bus.publish(tokens, committed(0));
          // The second write finds the first one under way.
          await Promise.resolve();
          await Promise.resolve();
          bus.publish(tokens, committed(1));
          const publishedAtMs = scheduler.now();
          bus.flush(() => waitBlocking(PASS_MS));
          await bothHeard;
          receiver.removeAllListeners('message');
          lateness.push(Math.max(...heard) - publishedAtMs);
        }
        expect(Math.min(...lateness)).toBeLessThan(PASS_MS);
      } finally {
        receiver.kill();
        await once(receiver, 'exit');
        await bus.close();
      }
    },
  );

  it.skipIf(!tls || !encrypted)('a certificate that nobody vouches for is refused', async () => {
    const { tls: _, ...untrusting } = connection;
    const connecting = connectNatsBus(
      { ...untrusting, connectTimeoutMs: 300 },
      { logger: silentLogger, scheduler },
    );
    await expect(connecting).rejects.toThrow(/cannot be reached: self-signed certificate/);
  });
});
