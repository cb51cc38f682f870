import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMixedPrompts } from '../../bench/lib/prompts.js';
import { processContext } from '../../infra/config/process-context.js';
import { resolveModel } from '../../infra/models/model-folder.js';
import { cellsInTurn, cellsOf } from '../process/equality/cells.js';
import { type Compared, type EqualityFleet, startEqualityFleet } from '../process/equality/comparison.js';

/** A part of the matrix that `bench/equality.ts` runs whole. */
const PROMPTS = ['chat', 'code', 'prose'];
const cells = cellsOf([1, 4, 8]);

let fleet: EqualityFleet;
let prompts: readonly (readonly number[])[];
const texts: Compared[] = [];

beforeAll(async () => {
  const folder = await resolveModel('smollm2', { cacheFolder: processContext().cacheFolder });
  if (folder.kind !== 'onnx') throw new Error('smollm2 is no model folder');
  prompts = readMixedPrompts(folder.loadTokenizer());
  fleet = await startEqualityFleet({
    model: 'smollm2',
    drafters: new Map([['ngram', 'ngram']]),
    replays: ['right', 'mixed', 'wrong'],
  });
});
afterAll(() => fleet?.close());

describe.each([0, 0.8])('SmolLM2 at temperature %s', (temperature) => {
  it.each(PROMPTS)('says the same in every mode, with every drafter, after a prompt of %s', async (kind) => {
    const index = PROMPTS.indexOf(kind);
    const turn = 2 * index + (temperature > 0 ? 1 : 0);
    const request = {
      promptTokenIds: prompts[index] ?? [],
      maxTokens: 32,
      ignoreEndTokens: true,
      temperature,
      seed: turn,
    };
    const compared = await fleet.compare(request, (place) => cellsInTurn(cells, turn + place));
    expect(compared.filter(({ differsAt }) => differsAt !== undefined)).toEqual([]);
    texts.push(...compared);
  });
});

it('was put to the test', () => {
  const draftersWith = (wanted: (text: Compared) => boolean) =>
    [...new Set(texts.filter(wanted).map(({ drafter }) => drafter))].sort();
  const every = [...fleet.drafters].sort();
  expect(draftersWith(({ accepted }) => accepted > 0)).toEqual(
    every.filter((name) => name !== 'replay wrong'),
  );
  expect(draftersWith(({ refuted }) => refuted > 0)).toEqual(every.filter((name) => name !== 'replay right'));
  expect(texts.some(({ targets }) => targets === 2)).toBe(true);
  expect(texts.some(({ stale }) => stale > 0)).toBe(true);
});
