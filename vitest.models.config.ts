import { defineConfig } from 'vitest/config';

/** Tests that need SmolLM2's weights: pulled once, then kept in the model cache. */
export default defineConfig({
  test: {
    include: ['test/models/**/*.test.ts'],
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    pool: 'forks',
    fileParallelism: false,
  },
});
