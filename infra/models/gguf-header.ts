import { ByteWindow } from './byte-window.js';

/** Value types of the GGUF specification. */
const valueTypeNames = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
] as const;
type ValueType = (typeof valueTypeNames)[number];

/** Bytes that one value takes at least. */
const leastBytes: Record<ValueType, number> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  string: 8,
  array: 12,
  uint64: 8,
  int64: 8,
  float64: 8,
};

export type GgufValue = number | string | boolean | readonly (number | string | boolean)[];

export interface GgufTensorInfo {
  readonly name: string;
  /** Innermost (contiguous) first. */
  readonly shape: readonly number[];
  /** Number of the ggml type. */
  readonly type: number;
  /** From the start of the file. */
  readonly offset: number;
}

export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensorInfo>;
  readonly fileBytes: number;
}

/** Far above any model of the supported architecture, low enough that no file costs more than seconds or 1 GB. */
const limits = {
  headerBytes: 256 * 2 ** 20,
  entries: 65_536,
  tensors: 65_536,
  arrayElements: 4_000_000,
  stringBytes: 2 ** 20,
  dimensions: 4,
} as const;

/**
 * Reads everything before the tensors' data. Written here because hostile files have to fail at once and by
 * name: the usual library pads a truncated file with zeros and goes on reading them as entries.
 * Throws ModelFormatError.
 */
export function readGgufHeader(descriptor: number, path: string): GgufHeader {
  const window = new ByteWindow(descriptor, path, limits.headerBytes);
  const magic = window.uint32('magic');
  if (magic !== 0x46554747) throw window.error('magic', 'not a GGUF file');
  const version = window.uint32('version');
  if (version !== 2 && version !== 3) {
    throw window.error('version', `${version} is not supported: must be 2 or 3, little-endian`);
  }
  const tensorCount = readCount(window, 'tensor count', limits.tensors, 24);
  const entryCount = readCount(window, 'metadata count', limits.entries, 13);
  const metadata = readMetadata(window, entryCount);
  const alignment = metadata.get('general.alignment') ?? 32;
  if (
    typeof alignment !== 'number' ||
    ![8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096].includes(alignment)
  ) {
    throw window.error('general.alignment', 'must be a power of two from 8 to 4096');
  }
  const infos = readTensorInfos(window, tensorCount);
  const dataStart = Math.ceil(window.position / alignment) * alignment;
  const tensors = new Map<string, GgufTensorInfo>();
  for (const info of infos) tensors.set(info.name, { ...info, offset: dataStart + info.offset });
  return { metadata, tensors, fileBytes: window.fileBytes };
}

function readMetadata(window: ByteWindow, count: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  let elementsLeft = limits.arrayElements;
  for (let index = 0; index < count; index++) {
    const key = window.string(`metadata key ${index}`, 1024);
    const field = JSON.stringify(key);
    if (metadata.has(key)) throw window.error(field, 'is given twice');
    const type = readValueType(window, field);
    if (type !== 'array') {
      metadata.set(key, readScalar(window, type, field));
      continue;
    }
    const elementType = readValueType(window, field);
    if (elementType === 'array') throw window.error(field, 'arrays of arrays are not supported');
    const length = readCount(window, `${field} length`, elementsLeft, leastBytes[elementType]);
    elementsLeft -= length;
    const values: (number | string | boolean)[] = [];
    for (let i = 0; i < length; i++) values.push(readScalar(window, elementType, field));
    metadata.set(key, values);
  }
  return metadata;
}

function readTensorInfos(window: ByteWindow, count: number): GgufTensorInfo[] {
  const names = new Set<string>();
  const infos: GgufTensorInfo[] = [];
  for (let index = 0; index < count; index++) {
    const name = window.string(`tensor name ${index}`, 1024);
    const field = `tensor ${JSON.stringify(name)}`;
    if (names.has(name)) throw window.error(field, 'is given twice');
    names.add(name);
    const dimensions = window.uint32(field);
    if (dimensions < 1 || dimensions > limits.dimensions) {
      throw window.error(field, `${dimensions} dimensions, but must be 1..${limits.dimensions}`);
    }
    const shape: number[] = [];
    for (let i = 0; i < dimensions; i++) shape.push(window.uint64(field));
    const type = window.uint32(field);
    infos.push({ name, shape, type, offset: window.uint64(field) });
  }
  return infos;
}

/** A count that neither exceeds `most` nor what the rest of the file could hold. */
function readCount(window: ByteWindow, field: string, most: number, bytesEach: number): number {
  const count = window.uint64(field);
  if (count > most) throw window.error(field, `${count}, but at most ${most} are allowed`);
  if (count * bytesEach > window.remainingBytes) {
    throw window.error(field, `${count}, but the file ends at byte ${window.fileBytes}`);
  }
  return count;
}

function readValueType(window: ByteWindow, field: string): ValueType {
  const code = window.uint32(field);
  const type = valueTypeNames[code];
  if (type === undefined) throw window.error(field, `unknown value type ${code}`);
  return type;
}

function readScalar(
  window: ByteWindow,
  type: Exclude<ValueType, 'array'>,
  field: string,
): number | string | boolean {
  if (type === 'string') return window.string(field, limits.stringBytes);
  if (type === 'bool') return window.uint8(field) !== 0;
  return window[type](field);
}
