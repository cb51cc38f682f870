/** Whether four neighbours are below `limit`; false when one is NaN. Skipping four at once takes half the time of one by one. */
export function fourBelow(values: Float32Array, start: number, limit: number): boolean {
  return (
    (values[start] as number) < limit &&
    (values[start + 1] as number) < limit &&
    (values[start + 2] as number) < limit &&
    (values[start + 3] as number) < limit
  );
}
