import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readHuggingFaceConfig } from '../../../infra/models/hugging-face-config.js';
import { importModel, type ModelStoreSettings } from '../../../infra/models/model-store.js';
import { writeGguf } from '../../support/gguf-writer.js';
import { passLogits } from '../../support/pass-logits.js';
import { tinyFamilyGguf } from '../../support/tiny-family-gguf.js';
import { tinyCheckpoint } from '../../support/tiny-model.js';
import {
  REFERENCE_MODELS,
  REFERENCE_POSITIONS,
  REFERENCE_TOKENS,
  type ReferenceModel,
} from './reference/families.js';
import { writeReferenceFolder } from './reference/reference-folder.js';

const root = mkdtempSync(join(tmpdir(), 'slipstream-reference-'));
afterAll(() => rmSync(root, { recursive: true }));
const settings: ModelStoreSettings = { cacheFolder: join(root, 'cache'), registry: [], bundled: [] };

const expectedSchema = z.record(
  z.string(),
  z.object({ config: z.looseObject({}), logits: z.array(z.array(z.number())) }),
);
/** What transformers computes, and config.json as it saves it: see reference/make_expected.py. */
const expected = expectedSchema.parse(
  JSON.parse(readFileSync(new URL('./reference/expected.json', import.meta.url), 'utf8')),
);

/** Differences to transformers' logits, whose standard deviation is about 4: the largest, and the root mean square. */
async function errors(folder: string, name: string): Promise<{ largest: number; rms: number }> {
  const logits = await passLogits(folder, REFERENCE_TOKENS);
  const differences = REFERENCE_POSITIONS.flatMap((position, i) =>
    [...(logits[position] as Float32Array)].map(
      (value, id) => value - (expected[name]?.logits[i]?.[id] as number),
    ),
  );
  const squares = differences.reduce((sum, difference) => sum + difference ** 2, 0);
  return {
    largest: Math.max(...differences.map(Math.abs)),
    rms: Math.sqrt(squares / differences.length),
  };
}

function architectureOf({ config }: ReferenceModel): 'llama' | 'qwen2' | 'qwen3' {
  return config.model_type === 'qwen2' || config.model_type === 'qwen3' ? config.model_type : 'llama';
}

/** Rounding of the numbers in the file, and of sums in fp32. */
const TOLERANCE = 2e-3;

describe.each(REFERENCE_MODELS)('a model like $name', (model) => {
  const folder = join(root, model.name);
  writeReferenceFolder(folder, model);

  it('computes what transformers computes', async () => {
    const made = await importModel(folder, model.name, settings, 'f32');
    expect((await errors(made, model.name)).largest).toBeLessThan(TOLERANCE);
  });

  it('is the same in the words of another version of transformers', () => {
    const other = join(root, `${model.name}.json`);
    writeFileSync(other, JSON.stringify(expected[model.name]?.config));
    expect(readHuggingFaceConfig(other)).toEqual(readHuggingFaceConfig(join(folder, 'config.json')));
  });

  it('computes the same as a GGUF file', async () => {
    const config = readHuggingFaceConfig(join(folder, 'config.json'));
    const path = join(root, `${model.name}.gguf`);
    const checkpoint = { ...tinyCheckpoint(model.options), config };
    writeFileSync(path, writeGguf(tinyFamilyGguf(checkpoint, architectureOf(model), config.ropeDivisors)));
    const made = await importModel(path, `${model.name}-gguf`, settings, 'f32');
    expect((await errors(made, model.name)).largest).toBeLessThan(TOLERANCE);
  });

  it.each(['rowwise', 'q8'] as const)(
    'comes close to it with weights rounded to 8 bits: %s',
    async (weights) => {
      const made = await importModel(folder, `${model.name}-${weights}`, settings, weights);
      expect((await errors(made, model.name)).rms).toBeLessThan(0.3);
    },
  );
});
