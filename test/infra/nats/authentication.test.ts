import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nkeys } from 'nats';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createRealScheduler } from '../../../infra/clock/real-scheduler.js';
import { compileEngineOptions, type EngineOptions } from '../../../infra/config/engine-options.js';
import { connectNatsBus } from '../../../infra/nats/connect-bus.js';
import { type ServerProcess, spawnServer } from '../../../infra/nats-server/server-process.js';
import { silentLogger } from '../../../src/core/logger.js';
import { currentServerBinary, oldServerBinary } from '../../support/nats.js';
import { testContext } from '../config/context.js';

const folder = mkdtempSync(join(tmpdir(), 'slipstream-authentication-'));
const inFolder = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const old = await oldServerBinary();
const binaries = [
  ['current nats-server', await currentServerBinary()],
  ...(old === undefined ? [] : [["Debian's nats-server", old] as const]),
] as const;
const canSign =
  makeCertificate('address', 'IP:127.0.0.1') &&
  makeCertificate('name', 'DNS:localhost') &&
  makeCertificate('client', 'DNS:client');

describe.each(binaries)('%s', (_, binary) => {
  let server: ServerProcess | undefined;
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  async function serve(config: string): Promise<string> {
    const file = inFolder('server.conf');
    writeFileSync(file, `host: "127.0.0.1"\nport: -1\n${config}\n`);
    server = await spawnServer(binary, file, () => {});
    return `127.0.0.1:${server.port}`;
  }

  /** Connects as an engine with these options does, and asks the server something. */
  async function connect(options: EngineOptions): Promise<void> {
    const { nats } = compileEngineOptions(options, testContext());
    const bus = await connectNatsBus(
      { ...nats, servers: nats.servers ?? [], name: 'test', connectTimeoutMs: 2000 },
      { logger: silentLogger, scheduler: createRealScheduler() },
    );
    await bus.controlConnection.flush();
    await bus.close();
  }

  it('lets in who has its token', async () => {
    const natsUrl = [await serve('authorization { token: "a-token" }')];
    await connect({ natsUrl, natsToken: 'a-token' });
    await expect(connect({ natsUrl, natsToken: 'another' })).rejects.toThrow(/refuses the credentials given/);
  });

  it('lets in who has a credentials file of its account', async () => {
    const { config, credentials } = makeAccount();
    const natsUrl = [await serve(config)];
    writeFileSync(inFolder('user.creds'), credentials);
    await connect({ natsUrl, natsCredentials: inFolder('user.creds') });
    writeFileSync(inFolder('stranger.creds'), makeAccount().credentials);
    await expect(connect({ natsUrl, natsCredentials: inFolder('stranger.creds') })).rejects.toThrow(
      /refuses the credentials given/,
    );
  });

  describe.runIf(canSign)('over TLS', () => {
    const pem = (name: string) => JSON.stringify(inFolder(name));
    const identity = (name: string) => `cert_file: ${pem(`${name}.pem`)}, key_file: ${pem(`${name}.key`)}`;
    const [natsTlsCert, natsTlsKey] = [inFolder('client.pem'), inFolder('client.key')];

    it('lets in who has a certificate that it trusts', async () => {
      const natsUrl = [
        await serve(`tls { ${identity('address')}, ca_file: ${pem('client.pem')}, verify: true }`),
      ];
      const natsTlsCa = inFolder('address.pem');
      await connect({ natsUrl, natsTlsCa, natsTlsCert, natsTlsKey });
      await expect(connect({ natsUrl, natsTlsCa })).rejects.toThrow(/cannot be reached/);
    });

    it('is trusted at an address only with a certificate for an address that was given', async () => {
      const server = await serve(`tls { ${identity('address')} }`);
      const natsTlsCa = inFolder('address.pem');
      await connect({ natsUrl: [`tls://${server}`], natsTlsCa });
      await connect({ natsUrl: [`tls://${server}`, 'tls://[::1]:1'], natsTlsCa });
      await connect({ natsUrl: ['127.0.0.2:1', server], natsTlsCa });
      const elsewhere = server.replace('127.0.0.1', 'localhost');
      await expect(connect({ natsUrl: [elsewhere], natsTlsCa })).rejects.toThrow(/localhost/);
    });

    it('is trusted under a name only with a certificate for the name', async () => {
      const server = await serve(`tls { ${identity('name')} }`);
      const natsTlsCa = inFolder('name.pem');
      await connect({ natsUrl: [server.replace('127.0.0.1', 'localhost')], natsTlsCa });
      await expect(connect({ natsUrl: [server], natsTlsCa })).rejects.toThrow(/IP: 127.0.0.1 is not in/);
    });
  });

  it('is not talked to in the clear when its address says TLS', async () => {
    const server = await serve('');
    await expect(connect({ natsUrl: [`tls://${server}`] })).rejects.toThrow(/does not support 'tls'/);
  });
});

/** A certificate that vouches for itself: NAME.pem and NAME.key. */
function makeCertificate(name: string, holder: string): boolean {
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'.split(' ');
  const about = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${holder}`];
  const files = ['-keyout', inFolder(`${name}.key`), '-out', inFolder(`${name}.pem`)];
  try {
    execFileSync('openssl', [...request, ...about, ...files], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** An operator with one account, as the server is told, and a user of it, as a credentials file holds it. */
function makeAccount(): { config: string; credentials: string } {
  const [operator, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()];
  const limits = { subs: -1, conn: -1, leaf: -1, imports: -1, exports: -1, data: -1, payload: -1 };
  const accountToken = sign(operator, account.getPublicKey(), {
    type: 'account',
    version: 2,
    limits: { ...limits, wildcards: true },
  });
  const userToken = sign(account, user.getPublicKey(), {
    type: 'user',
    version: 2,
    subs: -1,
    data: -1,
    payload: -1,
  });
  const seed = new TextDecoder().decode(user.getSeed());
  return {
    config: [
      `operator: ${sign(operator, operator.getPublicKey(), { type: 'operator', version: 2 })}`,
      'resolver: MEMORY',
      `resolver_preload: { ${account.getPublicKey()}: ${accountToken} }`,
    ].join('\n'),
    credentials: [
      '-----BEGIN NATS USER JWT-----',
      userToken,
      '------END NATS USER JWT------',
      '',
      '-----BEGIN USER NKEY SEED-----',
      seed,
      '------END USER NKEY SEED------',
      '',
    ].join('\n'),
  };
}

/** A NATS JWT (https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt). */
function sign(issuer: ReturnType<typeof nkeys.createUser>, subject: string, nats: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { jti: subject, iat: 1, iss: issuer.getPublicKey(), name: 'test', sub: subject, nats };
  const text = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part(claims)}`;
  return `${text}.${Buffer.from(issuer.sign(Buffer.from(text))).toString('base64url')}`;
}
