import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { compiledFile } from '../../support/compiled.js';

describe('a worker', () => {
  it.each(['soon', 'late'])('notices that its parent has gone, asked %s', async (when) => {
    const worker = spawn(process.execPath, [compiledFile('test/infra/worker-process/link-main.ts'), when], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    try {
      worker.disconnect();
      const [said] = await once(worker.stdout as Readable, 'data');
      expect(String(said)).toBe('gone\n');
    } finally {
      worker.kill('SIGKILL');
    }
  });
});
