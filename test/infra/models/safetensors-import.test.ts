import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveModel } from '../../../infra/models/model-folder.js';
import {
  importModel,
  listModels,
  type ModelStoreSettings,
  removeModel,
} from '../../../infra/models/model-store.js';
import type { ModelProgress } from '../../../infra/models/progress.js';
import { inspectDecoderGraph } from '../../../infra/onnx/decoder-graph-info.js';
import { readGraphFile } from '../../../infra/onnx/model-files.js';
import { ModelFormatError } from '../../../src/core/errors.js';
import { passLogits } from '../../support/pass-logits.js';
import { writeTinyModelFolder } from '../../support/tiny-model.js';
import { type TinySafetensorsOptions, writeTinySafetensors } from '../../support/tiny-safetensors.js';
import { writeTinyTokenizer } from '../../support/tiny-tokenizer.js';
import { importError } from './import-error.js';

let root = '';
let folder = '';
let settings: ModelStoreSettings;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipstream-safetensors-import-'));
  folder = join(root, 'tiny');
  settings = { cacheFolder: join(root, 'cache'), registry: [], bundled: [] };
});
afterEach(() => rmSync(root, { recursive: true }));

async function imported(path: string): Promise<string> {
  const resolved = await resolveModel(path, settings);
  if (resolved.kind !== 'onnx') throw new Error('not a model folder');
  resolved.loadTokenizer();
  return resolved.folder;
}

function folderOf(name: string): string {
  const folder = listModels(settings).find((model) => model.name === name)?.folder;
  if (folder === undefined) throw new Error(`there is no ${name}`);
  return folder;
}

describe('a folder of safetensors', () => {
  it.each<[string, TinySafetensorsOptions]>([
    ['F32', {}],
    ['F16 in two files', { format: 'f16', shards: 2 }],
    ['BF16, tied', { format: 'bf16', tiedEmbeddings: true }],
    ['Q4_0', { format: 'q4_0' }],
    ['Q8_0, tied', { format: 'q8_0', tiedEmbeddings: true }],
    ['Q4_1', { format: 'q4_1' }],
  ])('becomes a model that computes what its weights define: %s', async (_, options) => {
    const checkpoint = writeTinySafetensors(folder, options);
    expect(checkpoint.config.ropeInterleaved).toBe(false);
    const made = await importModel(folder, 'mine', settings, 'f32');
    expect((await importError(made, checkpoint)).largest).toBeLessThan(1e-4);
  });

  it('keeps floats, or rounds them to 8-bit or 4-bit blocks, as its name remembers', async () => {
    const checkpoint = writeTinySafetensors(folder, { format: 'bf16' });
    const errors: number[] = [];
    for (const weights of ['f32', 'q8', 'q4'] as const) {
      const made = await importModel(folder, weights, settings, weights);
      expect(await imported(weights)).toBe(made);
      errors.push((await importError(made, checkpoint)).largest);
    }
    const [f32 = 0, q8 = 0, q4 = 0] = errors;
    expect(f32).toBeLessThan(1e-4);
    expect(q8).toBeGreaterThan(10 * f32);
    expect(q8).toBeLessThan(0.1);
    expect(q4).toBeGreaterThan(2 * q8);
    expect(q4).toBeLessThan(0.5);
    const folders = new Set(['f32', 'q8', 'q4'].map((name) => folderOf(name)));
    expect(folders.size).toBe(3);
    expect(await imported(folder)).not.toBe(folderOf('q8'));
    removeModel('q4', settings);
    expect([...folders].filter((made) => existsSync(made as string))).toHaveLength(2);
    expect(() => folderOf('q4')).toThrow();
  });

  it.each(['f32', 'q8', 'rowwise'] as const)(
    'leaves out rows that no token has, so that greedy text needs no logits but the largest: %s',
    async (weights) => {
      writeTinySafetensors(folder, { format: 'bf16', vocabularySize: 320 });
      const tokens = Array.from({ length: 24 }, (_, i) => (i * 37 + 11) % 300);
      const whole = await passLogits(await importModel(folder, 'whole', settings, weights), tokens);
      writeTinyTokenizer(folder, 300);
      const made = await importModel(folder, 'mine', settings, weights);
      expect(inspectDecoderGraph(readGraphFile(made).model, made, 'target')).toMatchObject({
        embeddingRows: 300,
        vocabularySize: 300,
      });
      expect(await passLogits(made, tokens)).toEqual(whole.map((row) => row.slice(0, 300)));
    },
  );

  it('is imported once, with progress, until a file of it changes', async () => {
    writeTinySafetensors(folder, { shards: 2 });
    const steps: ModelProgress[] = [];
    const first = await resolveModel(folder, { ...settings, onProgress: (step) => steps.push(step) });
    if (first.kind !== 'onnx') throw new Error('not a model folder');
    expect([...new Set(steps.map(({ step }) => step))]).toEqual(['verify', 'import']);
    for (const step of ['verify', 'import']) {
      const { doneBytes, totalBytes } = steps.findLast((progress) => progress.step === step) ?? {};
      expect(totalBytes).toBeGreaterThan(300_000);
      expect(doneBytes).toBe(totalBytes);
    }
    expect(readdirSync(first.folder).sort()).toEqual([
      'config.json',
      'manifest.json',
      'model.onnx',
      'model.onnx.data',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(readFileSync(join(first.folder, 'config.json'))).toEqual(
      readFileSync(join(folder, 'config.json')),
    );
    const again: ModelProgress[] = [];
    await resolveModel(folder, { ...settings, onProgress: (step) => again.push(step) });
    expect(again).toEqual([]);
    appendFileSync(join(folder, 'tokenizer_config.json'), '\n');
    expect(await imported(folder)).not.toBe(first.folder);
  });

  it('with a graph besides is used as it is', async () => {
    writeTinySafetensors(folder);
    await writeTinyModelFolder(join(root, 'graph'), {});
    for (const name of ['model.onnx', 'model.onnx.data'])
      copyFileSync(join(root, 'graph', name), join(folder, name));
    expect(await imported(folder)).toBe(folder);
    expect(await importModel(folder, 'mine', settings)).toBe(folder);
    await expect(importModel(folder, 'other', settings, 'q4')).rejects.toThrow(
      /weights is "q4", but must be left out for a folder with model.onnx/,
    );
    expect(existsSync(join(root, 'cache', 'models', 'imported'))).toBe(false);
  });

  it('may have a name, which outlives it', async () => {
    writeTinySafetensors(folder);
    const made = await importModel(folder, 'mine', settings);
    expect(listModels(settings)).toMatchObject([{ name: 'mine', state: 'ready', folder: made }]);
    expect(await imported(folder)).toBe(made);
    rmSync(folder, { recursive: true });
    expect(await imported('mine')).toBe(made);
  });

  it('that is refused leaves nothing behind', async () => {
    writeTinySafetensors(folder, { shards: 2 });
    rmSync(join(folder, 'tokenizer.json'));
    await expect(imported(folder)).rejects.toThrow(/tokenizer.json: is missing/);
    rmSync(join(folder, 'model-00002-of-00002.safetensors'));
    await expect(imported(folder)).rejects.toThrow(ModelFormatError);
    rmSync(join(folder, 'model.safetensors.index.json'));
    await expect(imported(folder)).rejects.toThrow(/model.onnx: is missing, and so is model.safetensors$/);
    expect(existsSync(join(root, 'cache', 'models', 'imported'))).toBe(false);
  });
});
