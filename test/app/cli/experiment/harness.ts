import { expect } from 'vitest';
import { run, type World } from '../harness.js';

/** What an experiment prints with `--json`, and nothing else. */
export async function json(argv: readonly string[], world: World = {}) {
  const { code, stdout, stderr } = await run(['experiment', ...argv, '--json'], world);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** Exit code 2 and a line that names field, value and range. */
export async function expectRefusal(argv: readonly string[], message: string | RegExp): Promise<void> {
  const { code, stderr, stdout } = await run(['experiment', ...argv]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const [line = ''] = stderr.replace(/^slipstream: /, '').split('\n');
  if (typeof message === 'string') expect(line).toBe(message);
  else expect(line).toMatch(message);
}
