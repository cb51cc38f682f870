import { describe, expect, it } from 'vitest';
import {
  exactByteWeights,
  integerProductsAreExact,
  productsAreExact,
  weight,
} from '../../../infra/onnx/integer-products.js';

const OUTPUTS = 40;

/** A kernel in JavaScript: `add` takes the sum so far and the products of two neighbours. */
function kernel(add: (sum: number, pair: number) => number) {
  return async (x: Uint8Array, tokens: number): Promise<Float32Array> => {
    const inputs = x.length / tokens;
    return Float32Array.from({ length: tokens * OUTPUTS }, (_, i) => {
      const [token, output] = [Math.floor(i / OUTPUTS), i % OUTPUTS];
      let sum = 0;
      let ofWeights = 0;
      for (let k = 0; k < inputs; k += 2) {
        const [a, b] = [weight(k, output), weight(k + 1, output)];
        sum = add(sum, (x[token * inputs + k] ?? 0) * a + (x[token * inputs + k + 1] ?? 0) * b);
        ofWeights += a + b;
      }
      return sum - 128 * ofWeights;
    });
  };
}

describe('integer products', () => {
  it('are exact where sums are as wide as they need be', async () => {
    expect(await productsAreExact(kernel((sum, pair) => sum + pair))).toBe(true);
  });

  it('are not where pairs of products saturate in 16 bits, as with AVX2', async () => {
    const saturating = kernel((sum, pair) => sum + Math.max(-32_768, Math.min(32_767, pair)));
    expect(await productsAreExact(saturating)).toBe(false);
  });

  it('are not where a single sum is off by one', async () => {
    const exact = kernel((sum, pair) => sum + pair);
    const wrong = async (x: Uint8Array, tokens: number) => {
      const products = await exact(x, tokens);
      if (tokens === 33) products[33 * OUTPUTS - 1] = (products[33 * OUTPUTS - 1] ?? 0) + 1;
      return products;
    };
    expect(await productsAreExact(wrong)).toBe(false);
  });

  it('are exact on every processor with uint8 weights, and on some with int8 ones, which are taken then', async () => {
    expect(await integerProductsAreExact('uint8')).toBe(true);
    expect(await exactByteWeights()).toBe((await integerProductsAreExact('int8')) ? 'int8' : 'uint8');
  });
});
