import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { run } from './harness.js';

const README = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

/** The words of each `slipstream generate` of the README, as a shell splits them. */
const commands = [...README.matchAll(/^\.\/bin\/slipstream (generate (?:.*\\\n)*.*)$/gm)].map(
  ([, line = '']) =>
    [...line.replaceAll('\\\n', ' ').matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
      ([, double, single, bare]) => double ?? single ?? bare ?? '',
    ),
);

test('the README has such commands', () => {
  expect(commands.length).toBeGreaterThan(3);
});

test.each(commands.map((argv) => [argv]))('%j is understood', async (argv) => {
  const { code, stdout, engines } = await run(argv);
  expect(code).toBe(0);
  expect(stdout).toContain('hello');
  expect(engines).toHaveLength(1);
});
