/** Turns the event loop until `condition` holds; rejects after `limitMs`. */
export async function until(condition: () => boolean, limitMs = 10_000): Promise<void> {
  const startMs = performance.now();
  while (!condition()) {
    if (performance.now() - startMs > limitMs) throw new Error(`not so after ${limitMs} ms: ${condition}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
