/** Writes small safetensors files for tests. */
export interface SafetensorsWriterTensor {
  readonly name: string;
  readonly dtype: string;
  /** Outermost first. */
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export type SafetensorsHeader = Record<
  string,
  { dtype: string; shape: readonly number[]; data_offsets: [start: number, end: number] }
>;

export function safetensorsHeader(tensors: readonly SafetensorsWriterTensor[]): SafetensorsHeader {
  let start = 0;
  const entries = tensors.map(({ name, dtype, shape, bytes }) => {
    const end = start + bytes.length;
    const entry = { dtype, shape, data_offsets: [start, end] as [number, number] };
    start = end;
    return [name, entry] as const;
  });
  return Object.fromEntries(entries);
}

/** A whole file; `header` replaces the right one. */
export function writeSafetensors(
  tensors: readonly SafetensorsWriterTensor[],
  header: object | string = { __metadata__: { format: 'pt' }, ...safetensorsHeader(tensors) },
): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const padding = Buffer.alloc(-text.length & 7, ' ');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length + padding.length));
  return new Uint8Array(Buffer.concat([length, text, padding, ...tensors.map(({ bytes }) => bytes)]));
}
