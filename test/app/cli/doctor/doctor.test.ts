import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../../../src/app/cli/doctor/check.js';
import { processorFeatures } from '../../../../src/app/cli/doctor/machine.js';
import { run, type World } from '../harness.js';

let folder: string;
const servers: Server[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipstream-doctor-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  for (const server of servers) server.close();
});

/** Examines a machine without network, and no model unless one is named; findings by what was looked at. */
async function examine(argv: readonly string[] = [], environment: World['environment'] = {}) {
  const command = ['doctor', '--json', '--offline', '--cache-folder', folder, '--model', 'none'];
  const result = await run([...command, ...argv], {
    environment,
  });
  const findings = JSON.parse(result.stdout) as Finding[];
  return { ...result, of: (what: string) => findings.filter((finding) => finding.what === what) };
}

/** A file that says what `nats-server --version` says. */
function serverOf(version: string): string {
  const file = join(folder, `nats-server-${version}`);
  writeFileSync(file, `#!/bin/sh\necho "nats-server: v${version}"\n`);
  chmodSync(file, 0o755);
  return file;
}

/** Something that listens and greets everybody with `greeting`. */
async function greeter(greeting: string | undefined): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (greeting === undefined) socket.end();
    else socket.write(greeting);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `nats://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('slipstream doctor', () => {
  test('finds Node.js, processor, memory, runtime and models, tries the default one, and prints a table', async () => {
    const { code, stdout } = await run(['doctor', '--offline', '--cache-folder', folder], {
      environment: { SLIPSTREAM_NATS_SERVER: serverOf('2.14.0') },
    });
    for (const line of [
      /^node +ok +v\d+/m,
      /^processor +ok +.*\d+ cores/m,
      /^memory +ok +[\d.]+ GB free/m,
      /^onnxruntime +ok +\d+\.\d+.*providers cpu/m,
      /^nats-server +ok +2\.14\.0, /m,
      /^model fable +ok +exact numerics, context 1024, ms per pass/m,
      /^models +ok +built-in: fable, fable-drafter, smollm2-drafter; downloadable: smollm2/m,
      /^downloads +ok +switched off/m,
      /^environment +ok +set: SLIPSTREAM_NATS_SERVER/m,
    ])
      expect(stdout).toMatch(line);
    expect(code).toBe(0);
  });

  test('says what an old nats-server cannot do', async () => {
    const { of, code } = await examine(['--nats-server', serverOf('2.9.10')]);
    expect(of('nats-server')).toMatchObject([
      { status: 'warning', detail: expect.stringContaining('degraded') },
    ]);
    expect(code).toBe(0);
  });

  test('a nats-server that was named and does not run is a problem', async () => {
    const { of, code } = await examine(['--nats-server', join(folder, 'none')]);
    expect(of('nats-server')).toMatchObject([{ status: 'problem', detail: expect.stringContaining('none') }]);
    expect(code).toBe(1);
  });

  test('asks every NATS server that is named for its version', async () => {
    const good = await greeter('INFO {"server_id":"x","version":"2.11.3","max_payload":1048576}\r\n');
    const other = await greeter('SSH-2.0-OpenSSH_9.2\r\n');
    const silent = await greeter(undefined);
    const { of, code } = await examine(['--nats', `${good},${other},${silent},127.0.0.1:1`]);
    expect(of('nats')).toMatchObject([
      { status: 'ok', detail: `${good} is nats-server 2.11.3` },
      { status: 'problem', detail: `${other}: what listens there is no nats-server` },
      { status: 'problem', detail: `${silent}: the connection was closed without a greeting` },
      { status: 'problem', detail: expect.stringMatching(/^127\.0\.0\.1:1: .*ECONNREFUSED/) },
    ]);
    expect(code).toBe(1);
  });

  test('names variables that nobody reads', async () => {
    const { of } = await examine([], { SLIPSTREAM_MODLE: 'x', SLIPSTREAM_MODEL: 'y' });
    expect(of('environment')).toEqual([
      { what: 'environment', status: 'warning', detail: 'there is no such setting: SLIPSTREAM_MODLE' },
    ]);
  });

  test('loads a named model and says whether it is exact', async () => {
    const { of } = await examine(['--model', 'sim:target?ms=5']);
    expect(of('model sim:target?ms=5')).toMatchObject([
      { status: 'ok', detail: expect.stringMatching(/^exact numerics, context 65536, ms per pass/) },
    ]);
    const missing = await examine(['--model', join(folder, 'no-model')]);
    expect(missing.of(`model ${join(folder, 'no-model')}`)).toMatchObject([{ status: 'problem' }]);
    expect(missing.code).toBe(1);
  });
});

describe('processorFeatures', () => {
  test('picks what matters on x86 and on ARM', () => {
    expect(processorFeatures('processor: 0\nflags\t\t: fpu avx2 sse2 avx512_vnni amx_int8\nbugs: x')).toEqual(
      ['avx2', 'avx512_vnni', 'amx_int8'],
    );
    expect(processorFeatures('Features\t: fp asimd asimddp i8mm')).toEqual(['asimd', 'asimddp', 'i8mm']);
    expect(processorFeatures('')).toEqual([]);
  });
});
