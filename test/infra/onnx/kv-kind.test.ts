import { describe, expect, it } from 'vitest';
import { inspectDecoderGraph } from '../../../infra/onnx/decoder-graph-info.js';
import { findKvKind } from '../../../infra/onnx/kv-kind.js';
import { readModelFiles } from '../../../infra/onnx/model-files.js';
import { createSession } from '../../../infra/onnx/runtime.js';
import { writeTinyExport } from '../../support/tiny-export.js';
import { writeTinyModelFolder } from '../../support/tiny-model.js';
import { modelFolder } from './open-model.js';

const folder = modelFolder();

async function kindOf(path: string) {
  const { model, path: file } = await readModelFiles(path);
  const session = await createSession(file, { threads: 1, provider: 'cpu' });
  const kind = await findKvKind(session, inspectDecoderGraph(model, file, 'target'));
  await session.release();
  return kind;
}

/** How a graph keeps the past is found by trying. */
describe('findKvKind', () => {
  it('takes new rows from graphs built here', async () => {
    await writeTinyModelFolder(folder('built'), {});
    expect(await kindOf(folder('built'))).toBe('rows');
  });

  it('shares buffers with GroupQueryAttention that writes in place', async () => {
    writeTinyExport(folder('shared'), { attention: 'groupQuery' });
    expect(await kindOf(folder('shared'))).toBe('shared');
  });

  it('gives exact-size past tensors where the graph concatenates', async () => {
    writeTinyExport(folder('concatenated'), { attention: 'concatenating' });
    expect(await kindOf(folder('concatenated'))).toBe('concatenated');
  });
});
