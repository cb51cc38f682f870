import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import { loadOnnxModel } from '../../infra/onnx/loaded-model.js';
import { createSimModel } from '../../infra/sim/sim-model.js';
import { parseSimModel } from '../../infra/sim/sim-options.js';
import type { CompiledRequest, GenerationMode } from '../../src/core/generation.js';
import { silentLogger } from '../../src/core/logger.js';
import { neutralSampler } from '../../src/core/sampler-parameters.js';
import { createEngine } from '../../src/index.js';
import { writeTinyExport } from '../support/tiny-export.js';
import { openInProcessCluster } from './in-process-cluster.js';

const folder = mkdtempSync(join(tmpdir(), 'slipstream-inequality-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const scheduler = createRealScheduler();

/** Continues prompts plainly and speculatively until a text differs. */
async function compareTexts(padded: boolean, prompts: number) {
  const target = await loadOnnxModel({
    path: join(folder, 'target'),
    name: 'tiny',
    tokenizerHash: '*',
    contextTokens: 1024,
    threads: 1,
    slots: 4,
    scheduler,
    unsafeWithoutPadding: !padded,
  });
  const found = { differs: false, accepted: 0, numerics: target.info.numerics };
  for (let prompt = 0; prompt < prompts && !found.differs; prompt++) {
    const request = (mode: GenerationMode): CompiledRequest => ({
      id: `${mode}-${prompt}`,
      promptTokenIds: [40 * prompt + 5, 7],
      sampler: { ...neutralSampler, promptLength: 2 },
      seed: 1,
      maxTokens: 120,
      stop: [],
      mode,
      lookahead: 4,
      targets: 1,
    });
    const drafter = (recorded: readonly number[]) => {
      const url = 'sim:drafter?ms=0&acceptance=0.8';
      const wait = (_ms: number, done: () => void) => void scheduler.schedule(0, done);
      return createSimModel({ name: url, options: parseSimModel(url), recorded, scheduler, wait });
    };
    const plain = openInProcessCluster({ target, drafter: drafter([]) });
    const { ids } = await plain.run(request('none'));
    await plain.close();
    const speculative = openInProcessCluster({ target, drafter: drafter(ids) });
    const other = await speculative.run(request('si'));
    await speculative.close();
    found.accepted += other.end.result.timings.draftTokensAccepted;
    found.differs = ids.join() !== other.ids.join();
  }
  await target.close();
  return found;
}

const onX64 = it.runIf(process.arch === 'x64');
onX64('texts change when single-token passes of the target are not padded', async () => {
  writeTinyExport(join(folder, 'target'), { attention: 'groupQuery', format: 'q4_0' });
  const exact = await compareTexts(true, 3);
  expect(exact).toMatchObject({ differs: false, numerics: 'exact' });
  expect(exact.accepted).toBeGreaterThan(100);
  expect(await compareTexts(false, 12)).toMatchObject({ differs: true, numerics: 'relaxed' });
});

it('never runs a target that scales over the whole pass, and says why at once', async () => {
  writeTinyExport(join(folder, 'int8'), { attention: 'groupQuery', dynamicInt8: true });
  const told: string[] = [];
  const note = (level: string) => (_: object, message: string) => void told.push(`${level} ${message}`);
  const logger = { ...silentLogger, debug: note('debug'), warn: note('warn'), error: note('error') };
  const engine = createEngine({ model: join(folder, 'int8'), drafter: 'ngram', targets: 1, logger });
  await expect(engine).rejects.toThrow(/does not run: .*scales over the whole pass/);
  // Once to whoever asked for it; nothing else is for people who did not ask for details.
  expect(told).toEqual(['debug worker is given up']);
});
