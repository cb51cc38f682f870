import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { externalDataFiles } from '../../../infra/onnx/external-data.js';
import {
  decodeOnnxModel,
  encodeOnnxModel,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxTensor,
} from '../../../infra/onnx/graph/onnx-format.js';
import { readModelFiles } from '../../../infra/onnx/model-files.js';
import { ModelFormatError } from '../../../src/core/errors.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipstream-external-'));
  writeFileSync(join(folder, 'weights'), new Uint8Array(100));
});
afterEach(() => rmSync(folder, { recursive: true }));

function tensorAt(location: string, rest: Readonly<Record<string, string>> = {}): OnnxTensor {
  const entries = Object.entries({ location, ...rest }).map(([key, value]) => ({ key, value }));
  return { name: 'w', dims: [1], dataType: 1, externalData: entries, dataLocation: 1 };
}

function graphOf(parts: Partial<OnnxGraph>): OnnxGraph {
  return { name: 'g', node: [], initializer: [], input: [], output: [], ...parts };
}

function modelOf(graph: Partial<OnnxGraph>, functions: OnnxModel['functions'] = []): OnnxModel {
  return { irVersion: 10, graph: graphOf(graph), opsetImport: [], functions };
}

/** As read from a file: what the format's descriptor leaves out would not be seen. */
function filesOf(model: OnnxModel): string[] {
  return externalDataFiles(decodeOnnxModel(encodeOnnxModel(model)), join(folder, 'model.onnx'));
}

const attribute = (parts: Partial<OnnxAttribute>): OnnxAttribute => ({ name: 'a', type: 0, ...parts });
const nodeWith = (parts: Partial<OnnxAttribute>) => ({
  opType: 'Any',
  input: [],
  output: [],
  attribute: [attribute(parts)],
});

/** onnxruntime reads data where a model says: never outside its folder, never beyond a file. */
describe('externalDataFiles', () => {
  it('finds each file once', () => {
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'sub', 'more'), new Uint8Array(10));
    const initializer = [
      tensorAt('weights', { offset: '0', length: '60' }),
      tensorAt('sub/more'),
      tensorAt('./weights', { offset: '60', length: '40' }),
      { name: 'inside', dims: [1], dataType: 1, rawData: new Uint8Array(4) },
    ];
    expect(filesOf(modelOf({ initializer }))).toEqual([join(folder, 'sub', 'more'), join(folder, 'weights')]);
  });

  it('follows a link in the folder, as caches of downloads have them', () => {
    symlinkSync(join(folder, 'weights'), join(folder, 'link'));
    expect(filesOf(modelOf({ initializer: [tensorAt('link')] }))).toEqual([join(folder, 'link')]);
  });

  it.each([
    '/etc/passwd',
    '../weights',
    'a/../../weights',
    '..',
    '..\\weights',
    'C:\\weights',
    '\\\\host\\share',
    '*/_ORT_MEM_ADDR_/*',
    '*/_ORT_NATIVE_ENDIAN_MEM_ADDR_/*',
    '',
  ])('refuses data at %j', async (location) => {
    mkdirSync(join(folder, '*', '_ORT_MEM_ADDR_'), { recursive: true });
    writeFileSync(join(folder, '*', '_ORT_MEM_ADDR_', '*'), 'x');
    const model = modelOf({ initializer: [tensorAt(location)] });
    expect(() => filesOf(model)).toThrow(ModelFormatError);
    expect(() => filesOf(model)).toThrow(
      /^[^\n]*model.onnx: tensor "w": its data file ".*" lies outside the model/,
    );
    writeFileSync(join(folder, 'model.onnx'), encodeOnnxModel(model));
    await expect(readModelFiles(folder)).rejects.toThrow(/lies outside the model's folder/);
  });

  it.each([
    [{ offset: '41', length: '60' }, /its data end at byte 101 of "weights", but the file at 100/],
    [{ offset: '101' }, /its data end at byte 101/],
    [{ length: '1e3' }, /no whole numbers/],
    [{ offset: '-1', length: '4' }, /no whole numbers/],
    [{ offset: '0x10' }, /no whole numbers/],
    [{ offset: '18446744073709551615', length: '1' }, /its data end at byte 18446744073709552000/],
  ])('refuses data at %j of a file of 100 bytes', (place, message) => {
    expect(() => filesOf(modelOf({ initializer: [tensorAt('weights', place)] }))).toThrow(message);
  });

  it('refuses a file that is missing, or a folder', () => {
    mkdirSync(join(folder, 'sub'));
    for (const location of ['absent', 'sub', 'sub/absent'])
      expect(() => filesOf(modelOf({ initializer: [tensorAt(location)] }))).toThrow(/is missing/);
  });

  it('refuses data that are said to be elsewhere without a place, or in two', () => {
    const nowhere = { name: 'w', dims: [1], dataType: 1, dataLocation: 1 };
    expect(() => filesOf(modelOf({ initializer: [nowhere] }))).toThrow(/its data file "" lies outside/);
    const twice = [...(tensorAt('../weights').externalData ?? []), { key: 'location', value: 'weights' }];
    const model = modelOf({ initializer: [{ ...nowhere, externalData: twice }] });
    expect(() => filesOf(model)).toThrow(/says twice where its data are/);
  });

  it('looks wherever a model may hold a tensor', () => {
    const bad = tensorAt('../weights');
    const inner = graphOf({ initializer: [bad] });
    const models: OnnxModel[] = [
      modelOf({ node: [nodeWith({ t: bad })] }),
      modelOf({ node: [nodeWith({ tensors: [bad] })] }),
      modelOf({ node: [nodeWith({ g: inner })] }),
      modelOf({ node: [nodeWith({ graphs: [graphOf({ node: [nodeWith({ g: inner })] })] })] }),
      modelOf({ node: [nodeWith({ sparseTensor: { values: bad } })] }),
      modelOf({ node: [nodeWith({ sparseTensors: [{ indices: bad }] })] }),
      modelOf({ sparseInitializer: [{ values: bad }] }),
      modelOf({}, [{ name: 'f', node: [nodeWith({ t: bad })] }]),
    ];
    for (const model of models) expect(() => filesOf(model)).toThrow(/lies outside the model's folder/);
  });
});
