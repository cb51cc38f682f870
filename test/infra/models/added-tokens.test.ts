import { describe, expect, it } from 'vitest';
import { createSectionSplitter } from '../../../infra/models/added-tokens.js';

const token = (id: number, content: string, strip: { lstrip?: boolean; rstrip?: boolean } = {}) => ({
  id,
  content,
  special: true,
  lstrip: strip.lstrip ?? false,
  rstrip: strip.rstrip ?? false,
});

function sections(text: string, ...tokens: ReturnType<typeof token>[]): (string | number)[] {
  return createSectionSplitter(tokens)(text).map((part) => (typeof part === 'string' ? part : part.id));
}

describe('createSectionSplitter', () => {
  it('takes the longest token that begins at a place', () => {
    expect(sections('x<a>b<a>', token(1, '<a>'), token(2, '<a>b'))).toEqual(['x', 2, 1]);
  });

  it('takes characters with a meaning in patterns as they are', () => {
    expect(sections('a.b|c[1]', token(1, '|'), token(2, '[1]'), token(3, '.'))).toEqual([
      'a',
      3,
      'b',
      1,
      'c',
      2,
    ]);
  });

  it('gives white space around a token to it where the token says so', () => {
    const both = token(1, '<m>', { lstrip: true, rstrip: true });
    expect(sections('a  <m> b', both)).toEqual(['a', 1, 'b']);
    expect(sections(' <m> <m> ', both)).toEqual([1, 1]);
    expect(sections('a <m> b', token(1, '<m>'))).toEqual(['a ', 1, ' b']);
  });

  it('takes a control token only where it may be one, else an ordinary token that begins there', () => {
    const ordinary = { ...token(3, '<a'), special: false };
    const split = createSectionSplitter([token(1, '<a>'), token(2, '>b'), ordinary]);
    const ids = (text: string, from: number) =>
      split(text, (start) => start >= from).map((part) => (typeof part === 'string' ? part : part.id));
    expect(ids('<a>b<a>c', 0)).toEqual([1, 'b', 1, 'c']);
    expect(ids('<a>b<a>c', 1)).toEqual([3, 2, 1, 'c']);
    expect(ids('<a>b<a>c', 9)).toEqual([3, '>b', 3, '>c']);
  });

  it('leaves text without tokens whole', () => {
    expect(sections('abc', token(1, '<m>'))).toEqual(['abc']);
    expect(sections('abc')).toEqual(['abc']);
  });
});
