import { describe, expect, it } from 'vitest';
import type { GenerationMode } from '../../src/core/generation.js';
import { createVirtualCluster, tokensOf } from '../support/virtual-cluster.js';

function run(mode: GenerationMode, lookahead: number | undefined, targets: number) {
  const cluster = createVirtualCluster({
    targets,
    targetMs: 20,
    drafterMs: 2,
    acceptance: 0.8,
    faults: { delayMs: 0.15 },
  });
  cluster.scheduler.run({ limitMs: 1 });
  const generation = cluster.generate({ mode, lookahead, maxTokens: 500 });
  const end = cluster.finish(generation);
  return { ids: tokensOf(generation), end };
}

describe('the pipeline in virtual time', () => {
  it('gives the same tokens in every mode', () => {
    const plain = run('none', undefined, 1);
    for (const result of [plain, run('si', 4, 1), run('dsi', 1, 12), run('dsi', undefined, 2)]) {
      expect(result.ids).toEqual(plain.ids);
    }
  });
});
