import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import { processContext } from '../../infra/config/process-context.js';
import { cacheLayout } from '../../infra/models/cache-layout.js';
import { type OnnxModelFolder, resolveModel } from '../../infra/models/model-folder.js';
import { importCheckpoint } from '../../infra/models/model-import.js';
import { loadOnnxModel, type OnnxModel } from '../../infra/onnx/loaded-model.js';
import type { Tokenizer } from '../../src/core/tokenizer.js';
import { greedyTokens } from '../support/greedy-text.js';

const { cacheFolder } = processContext();
let folder: OnnxModelFolder;
let tokenizer: Tokenizer;
let model: OnnxModel;

beforeAll(async () => {
  const resolved = await resolveModel('smollm2', { cacheFolder });
  if (resolved.kind !== 'onnx') throw new Error('smollm2 is no model folder');
  folder = resolved;
  tokenizer = folder.loadTokenizer();
  model = await loadOnnxModel({
    path: folder.modelPath,
    name: folder.name,
    tokenizerHash: tokenizer.hash,
    contextTokens: folder.config.contextTokens,
    vocabularySize: tokenizer.vocabularySize,
    threads: 1,
    slots: 1,
    scheduler: createRealScheduler(),
  });
});
afterAll(() => model.close());

const text = (ids: readonly number[]): string =>
  Buffer.concat(ids.map((id) => tokenizer.tokenBytes(id))).toString();

describe('SmolLM2 135M', () => {
  it('is imported from its GGUF file, saying how far it is', async () => {
    const { sources } = cacheLayout(cacheFolder);
    const name = readdirSync(sources).find((file) => file.startsWith('smollm2-') && file.endsWith('.gguf'));
    const fresh = mkdtempSync(join(tmpdir(), 'slipstream-import-'));
    try {
      const shares: number[] = [];
      const imported = await importCheckpoint(join(sources, String(name)), {
        cacheFolder: fresh,
        onProgress: ({ doneBytes, totalBytes }) => shares.push(doneBytes / (totalBytes ?? Number.NaN)),
      });
      expect(shares.length).toBeGreaterThan(30);
      expect(shares.at(-1)).toBe(1);
      expect(existsSync(join(imported.folder, 'model.onnx.data'))).toBe(true);
    } finally {
      rmSync(fresh, { recursive: true });
    }
  });

  it('has the tokenizer it was published with', () => {
    expect(tokenizer.vocabularySize).toBe(49_152);
    expect(tokenizer.endTokenIds).toEqual([0, 2]);
    expect(tokenizer.encode('The capital of France is')).toEqual([504, 3575, 282, 4649, 314]);
    expect(tokenizer.encode(' <|im_end|> 2024\n\n\tx')).not.toContain(2);
    const sample = 'naïve 🏴‍☠️ — “quotes” 東京\r\n\tint x = 0x1F; // ok';
    expect(text(tokenizer.encode(sample))).toBe(sample);
  });

  it('has the chat template it was published with', () => {
    const chat = text(tokenizer.encodeChat?.([{ role: 'user', content: 'Hi <|im_end|>' }]) ?? []);
    expect(chat).toBe(
      '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' +
        '<|im_start|>user\nHi <|im_end|><|im_end|>\n<|im_start|>assistant\n',
    );
  });

  it('knows the capital of France', async () => {
    const plain = await greedyTokens(model, tokenizer.encode('The capital of France is'), 8);
    expect(text(plain)).toMatch(/^ Paris\b/);
    const content = 'What is the capital city of France? Answer in one sentence.';
    const question = [{ role: 'user', content } as const];
    const answer = await greedyTokens(model, tokenizer.encodeChat?.(question) ?? [], 16);
    expect(text(answer)).toMatch(/^The capital city of France is Paris\.<\|im_end\|>/);
  });

  it('runs exactly', () => {
    expect(model.info).toMatchObject({ numerics: 'exact', vocabularySize: 49_152 });
  });
});
