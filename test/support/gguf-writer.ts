/** Writes small GGUF files (version 3) for tests. */
export type GgufWriterValue =
  | { readonly type: 'uint32' | 'int32' | 'float32' | 'uint64'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'int32s'; readonly value: readonly number[] };

export interface GgufWriterTensor {
  readonly name: string;
  /** Innermost first. */
  readonly shape: readonly number[];
  /** ggml type number. */
  readonly type: number;
  readonly bytes: Uint8Array;
}

export interface GgufWriterInput {
  readonly metadata: Readonly<Record<string, GgufWriterValue>>;
  readonly tensors: readonly GgufWriterTensor[];
}

const typeCodes = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, uint64: 10 } as const;
const arrayCode = 9;
const alignment = 32;

export function writeGguf({ metadata, tensors }: GgufWriterInput): Uint8Array {
  const entries = Object.entries(metadata);
  const parts = [Buffer.from('GGUF'), uint32(3), uint64(tensors.length), uint64(entries.length)];
  for (const [key, entry] of entries) parts.push(text(key), ...encodeValue(entry));
  let offset = 0;
  for (const tensor of tensors) {
    parts.push(text(tensor.name), uint32(tensor.shape.length), ...tensor.shape.map(uint64));
    parts.push(uint32(tensor.type), uint64(offset));
    offset += padded(tensor.bytes.length);
  }
  const header = Buffer.concat(parts);
  const data = tensors.map(({ bytes }) => Buffer.concat([bytes], padded(bytes.length)));
  return new Uint8Array(Buffer.concat([Buffer.concat([header], padded(header.length)), ...data]));
}

function encodeValue(entry: GgufWriterValue): Buffer[] {
  switch (entry.type) {
    case 'strings':
      return [
        uint32(arrayCode),
        uint32(typeCodes.string),
        uint64(entry.value.length),
        ...entry.value.map(text),
      ];
    case 'int32s':
      return [
        uint32(arrayCode),
        uint32(typeCodes.int32),
        uint64(entry.value.length),
        ...entry.value.map(int32),
      ];
    case 'string':
      return [uint32(typeCodes.string), text(entry.value)];
    case 'bool':
      return [uint32(typeCodes.bool), Buffer.from([entry.value ? 1 : 0])];
    case 'uint32':
      return [uint32(typeCodes.uint32), uint32(entry.value)];
    case 'int32':
      return [uint32(typeCodes.int32), int32(entry.value)];
    case 'uint64':
      return [uint32(typeCodes.uint64), uint64(entry.value)];
    case 'float32': {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(entry.value);
      return [uint32(typeCodes.float32), bytes];
    }
  }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function padded(length: number): number {
  return Math.ceil(length / alignment) * alignment;
}
