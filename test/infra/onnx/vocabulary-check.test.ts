import { describe, expect, it } from 'vitest';
import { checkVocabulary } from '../../../infra/onnx/vocabulary-check.js';
import { ModelFormatError } from '../../../src/core/errors.js';

const check = (embeddingRows: number | undefined, vocabularySize: number | undefined) => () =>
  checkVocabulary({ embeddingRows, vocabularySize }, 600, 'a.onnx');

describe('a graph and its vocabulary', () => {
  it.each([
    [512, 600, 'a.onnx: its embedding has 512 rows, but its vocabulary has 600 tokens'],
    [600, 512, 'a.onnx: it returns 512 logits, but its vocabulary has 600 tokens'],
    [undefined, 599, 'a.onnx: it returns 599 logits, but its vocabulary has 600 tokens'],
  ])('do not fit: %s rows, %i logits', (rows, logits, message) => {
    expect(check(rows, logits)).toThrow(ModelFormatError);
    expect(check(rows, logits)).toThrow(message);
  });

  it.each([
    [600, 600],
    [640, 1000],
    [undefined, undefined],
  ])('fit: %s rows, %s logits', (rows, logits) => expect(check(rows, logits)).not.toThrow());
});
