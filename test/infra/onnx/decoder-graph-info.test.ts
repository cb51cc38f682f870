import { beforeAll, describe, expect, it } from 'vitest';
import { inspectDecoderGraph } from '../../../infra/onnx/decoder-graph-info.js';
import type { OnnxModel, OnnxValueInfo } from '../../../infra/onnx/graph/onnx-format.js';
import { readModelFiles } from '../../../infra/onnx/model-files.js';
import { ModelFormatError } from '../../../src/core/errors.js';
import { writeTinyExport } from '../../support/tiny-export.js';
import { writeTinyModelFolder } from '../../support/tiny-model.js';
import { modelFolder } from './open-model.js';

const folder = modelFolder();

/** A graph says what its runner must know, or is refused with what is wrong and where. */
describe('inspectDecoderGraph', () => {
  let exported: OnnxModel;
  beforeAll(async () => {
    writeTinyExport(folder('export'), { attention: 'groupQuery' });
    exported = (await readModelFiles(folder('export'))).model;
  });

  const inspect = (model: OnnxModel, role: 'target' | 'drafter' = 'target') =>
    inspectDecoderGraph(model, 'a.onnx', role);
  const withInputs = (change: (inputs: readonly OnnxValueInfo[]) => OnnxValueInfo[]): OnnxModel => ({
    ...exported,
    graph: { ...exported.graph, input: change(exported.graph.input) },
  });

  it('describes a graph of another tool', () => {
    expect(inspect(exported)).toMatchObject({
      layers: 2,
      kvHeads: 2,
      headSize: 16,
      kvType: 'float32',
      vocabularySize: 512,
      builtHere: false,
      groupQuery: true,
      rotaryPositions: 1024,
      embeddingRows: 512,
      inputs: new Set(),
    });
  });

  it.each([
    ['stored', undefined],
    ['rowwise', 'int8'],
    ['rowwise-unsigned', 'uint8'],
  ] as const)('describes a graph built here of %s weights', async (weights, byteWeights) => {
    await writeTinyModelFolder(folder(weights), { layers: 3, contextTokens: 200, weights });
    const { model } = await readModelFiles(folder(weights));
    expect(inspect(model)).toMatchObject({
      layers: 3,
      builtHere: true,
      byteWeights,
      rotaryPositions: 201,
      embeddingRows: 512,
      inputs: new Set(['logits_rows']),
    });
    expect(() => inspect({ ...model, producerVersion: '1' })).toThrow(
      /a.onnx: was made by version 1 of the graph builder, this is version \d+: import it again/,
    );
  });

  it.each([
    ['input_ids', 'a.onnx: input input_ids is missing'],
    ['attention_mask', 'a.onnx: input attention_mask is missing'],
    ['past_key_values.1.value', 'a.onnx: input past_key_values.1.value is missing'],
  ])('refuses a graph without %s', (name, message) => {
    const model = withInputs((inputs) => inputs.filter((input) => input.name !== name));
    expect(() => inspect(model)).toThrow(message);
    expect(() => inspect(model)).toThrow(ModelFormatError);
  });

  it.each(['logits', 'present.0.key'])('refuses a graph without output %s', (name) => {
    const output = exported.graph.output.filter((value) => value.name !== name);
    expect(() => inspect({ ...exported, graph: { ...exported.graph, output } })).toThrow(
      `a.onnx: output ${name} is missing`,
    );
  });

  it.each([
    ['past_conv.0', 'is recurrent state, which cannot be rolled back'],
    ['past_ssm_states.3', 'is recurrent state, which cannot be rolled back'],
    ['pixel_values', 'is not one that a decoder has'],
    ['past_key_values.0.encoder.key', 'is not one that a decoder has'],
  ])('refuses an input %s', (name, problem) => {
    const model = withInputs((inputs) => [...inputs, { name }]);
    expect(() => inspect(model)).toThrow(`a.onnx: input ${name} ${problem}`);
  });

  it('refuses dynamic quantisation in a target, also inside a branch, not in a drafter', () => {
    const node = { name: 'q', opType: 'DynamicQuantizeLinear', input: [], output: [], attribute: [] };
    const branch = { node: [node], initializer: [], input: [], output: [] };
    const choice = {
      opType: 'If',
      input: [],
      output: [],
      attribute: [{ name: 'then_branch', type: 5, g: branch }],
    };
    for (const added of [node, choice]) {
      const graph = { ...exported.graph, node: [...exported.graph.node, added] };
      expect(() => inspect({ ...exported, graph })).toThrow('a.onnx: node q (DynamicQuantizeLinear)');
      expect(inspect({ ...exported, graph }, 'drafter').layers).toBe(2);
    }
  });
});
