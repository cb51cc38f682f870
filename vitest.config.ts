import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: [
      {
        find: /^.*\/node-entry\/node-entry\.js$/,
        replacement: fileURLToPath(new URL('./test/support/node-entry.ts', import.meta.url)),
      },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/models/**'],
    globalSetup: 'test/support/compile-sources.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // A process per core takes one file after another: a new one for each of a hundred files costs 40 s of
    // processor time.
    isolate: false,
    maxWorkers: '100%',
  },
});
