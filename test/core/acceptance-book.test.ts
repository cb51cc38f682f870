import { describe, expect, it } from 'vitest';
import { AcceptanceBook, AcceptanceBooks } from '../../src/core/acceptance-book.js';
import { neutralSampler } from '../../src/core/sampler-parameters.js';

function decided(book: AcceptanceBook, confirmed: number, refuted: number): AcceptanceBook {
  for (let i = 0; i < confirmed; i++) book.note(true);
  for (let i = 0; i < refuted; i++) book.note(false);
  return book;
}

describe('what a gateway knows of acceptance', () => {
  it('is a guess at first, and counts for little', () => {
    expect(new AcceptanceBook().prior()).toEqual({ acceptance: 0.6, drafts: 2 });
  });

  it('becomes what was seen, and counts for a dozen drafts at most: texts differ', () => {
    const { acceptance, drafts } = decided(new AcceptanceBook(), 90, 10).prior();
    expect(acceptance).toBeGreaterThan(0.86);
    expect(acceptance).toBeLessThan(0.9);
    expect(drafts).toBe(12);
  });

  it('follows what has changed', () => {
    expect(decided(decided(new AcceptanceBook(), 5000, 0), 0, 2000).prior().acceptance).toBeLessThan(0.1);
  });

  it('is kept apart for greedy and for sampled texts', () => {
    const books = new AcceptanceBooks();
    decided(books.of({ ...neutralSampler, promptLength: 1 }), 50, 0);
    expect(books.of({ ...neutralSampler, promptLength: 9 }).prior().acceptance).toBeGreaterThan(0.9);
    expect(books.of({ ...neutralSampler, promptLength: 1, temperature: 0.8 }).prior().acceptance).toBe(0.6);
  });
});
