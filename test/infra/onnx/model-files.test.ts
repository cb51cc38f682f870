import { copyFileSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeOnnxModel } from '../../../infra/onnx/graph/onnx-format.js';
import { readModelFiles } from '../../../infra/onnx/model-files.js';
import { ModelFormatError, ModelNotFoundError } from '../../../src/core/errors.js';
import { writeTinyModelFolder } from '../../support/tiny-model.js';
import { modelFolder, openModel } from './open-model.js';

const folder = modelFolder();

/** A model's files are found, hashed and never read outside their folder. */
describe('readModelFiles', () => {
  it('takes a file, a folder, or a folder with onnx/', async () => {
    const checkpoint = await writeTinyModelFolder(folder('plain'), {});
    expect(checkpoint.config.layers).toBe(2);
    const { hash, path } = await readModelFiles(folder('plain'));
    expect(path).toBe(join(folder('plain'), 'model.onnx'));
    expect((await readModelFiles(path)).hash).toBe(hash);
    mkdirSync(join(folder('nested'), 'onnx'), { recursive: true });
    for (const name of ['model.onnx', 'model.onnx.data'])
      copyFileSync(join(folder('plain'), name), join(folder('nested'), 'onnx', name));
    expect((await readModelFiles(folder('nested'))).hash).toBe(hash);
  });

  it('hashes the weights too', async () => {
    await writeTinyModelFolder(folder('a'), { seed: 1 });
    await writeTinyModelFolder(folder('b'), { seed: 2 });
    const { hash } = await readModelFiles(folder('a'));
    renameSync(join(folder('b'), 'model.onnx.data'), join(folder('a'), 'model.onnx.data'));
    expect((await readModelFiles(folder('a'))).hash).not.toBe(hash);
  });

  it('says what is missing or damaged, in one line', async () => {
    await expect(readModelFiles(folder('nothing'))).rejects.toThrow(ModelNotFoundError);
    mkdirSync(folder('empty'), { recursive: true });
    await expect(readModelFiles(folder('empty'))).rejects.toThrow(/has no model.onnx/);
    writeFileSync(join(folder('empty'), 'model.onnx'), 'not a model');
    await expect(readModelFiles(folder('empty'))).rejects.toThrow(/is not an ONNX model/);
    await writeTinyModelFolder(folder('half'), {});
    truncateSync(join(folder('half'), 'model.onnx.data'), 1000);
    const error = await openModel(folder('half')).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ModelFormatError);
    expect((error as Error).message).toMatch(
      /^[^\n]*model.onnx: tensor "\S+": its data end at byte \d+ of "model.onnx.data", but the file at 1000$/,
    );
    rmSync(join(folder('half'), 'model.onnx.data'));
    await expect(readModelFiles(folder('half'))).rejects.toThrow(/data file "model.onnx.data" is missing/);
    await writeTinyModelFolder(folder('broken'), {});
    const { model, path } = await readModelFiles(folder('broken'));
    writeFileSync(path, encodeOnnxModel({ ...model, graph: { ...model.graph, node: [] } }));
    const refused = await openModel(folder('broken')).catch((caught: unknown) => caught);
    expect(refused).toBeInstanceOf(ModelFormatError);
    expect((refused as Error).message).toMatch(/^[^\n]*onnxruntime cannot load it[^\n]*$/);
  });
});
