import { fstatSync } from 'node:fs';
import { z } from 'zod';
import { errorMessage, ModelFormatError } from '../../src/core/errors.js';
import { readExactly } from './read-exactly.js';

/** Where one tensor lies in a file. */
export interface SafetensorsTensor {
  readonly name: string;
  /** As in the file: F32, BF16, ... */
  readonly dtype: string;
  /** Outermost first. */
  readonly shape: readonly number[];
  /** From the start of the file. */
  readonly offset: number;
  readonly bytes: number;
}

/** The format's own limit (https://github.com/huggingface/safetensors). */
const MOST_HEADER_BYTES = 100_000_000;
const MOST_NAME_LETTERS = 1024;
/** How a file begins that stands in for one in Git LFS. */
const LFS_POINTER = 'version https://git-lfs';

/** Bytes per element. */
const DTYPE_BYTES: ReadonlyMap<string, number> = new Map([
  ...['BOOL', 'U8', 'I8', 'F8_E4M3', 'F8_E5M2', 'F8_E8M0'].map((name) => [name, 1] as const),
  ...['U16', 'I16', 'F16', 'BF16'].map((name) => [name, 2] as const),
  ...['U32', 'I32', 'F32'].map((name) => [name, 4] as const),
  ...['U64', 'I64', 'F64', 'C64'].map((name) => [name, 8] as const),
]);

const place = z.int().min(0);
const tensorSchema = z.looseObject({
  dtype: z.string(),
  shape: z.array(place).max(8),
  data_offsets: z.tuple([place, place]),
});
const headerSchema = z.record(z.string(), z.unknown());

/**
 * Reads the header of a safetensors file: a length of 8 bytes, that much JSON, then the tensors' data without gaps.
 * What does not add up is a ModelFormatError that names the file and the tensor.
 */
export function readSafetensorsHeader(
  descriptor: number,
  path: string,
): ReadonlyMap<string, SafetensorsTensor> {
  const fail = (problem: string): never => {
    throw new ModelFormatError(path, problem);
  };
  const fileBytes = fstatSync(descriptor).size;
  const start = readExactly(descriptor, path, 'start', 0, Math.min(fileBytes, LFS_POINTER.length));
  if (start.toString() === LFS_POINTER) fail('only names a file that Git LFS keeps: git lfs pull brings it');
  if (fileBytes < 8) fail(`is ${fileBytes} bytes long: no safetensors file`);
  const headerBytes = Number(readExactly(descriptor, path, 'header length', 0, 8).readBigUInt64LE());
  if (headerBytes > MOST_HEADER_BYTES)
    fail(`header length: ${headerBytes} bytes, but at most ${MOST_HEADER_BYTES} are allowed`);
  const dataStart = 8 + headerBytes;
  if (dataStart > fileBytes) fail(`header length: ends at byte ${dataStart}, but the file at ${fileBytes}`);
  const text = readExactly(descriptor, path, 'header', 8, headerBytes);
  const entries = Object.entries(parseHeader(text, path)).filter(([name]) => name !== '__metadata__');
  const tensors = entries.map(([name, value]): SafetensorsTensor => {
    if (name.length > MOST_NAME_LETTERS) fail(`header: a tensor's name is ${name.length} letters long`);
    const tensor = tensorSchema.safeParse(value);
    const what = `tensor ${JSON.stringify(name)}`;
    if (!tensor.success) {
      const issue = tensor.error.issues[0];
      return fail(`${what}: ${issue?.path.join('.')}: ${issue?.message}`);
    }
    const { dtype, shape, data_offsets } = tensor.data;
    const elementBytes =
      DTYPE_BYTES.get(dtype) ?? fail(`${what}: dtype ${JSON.stringify(dtype)} is not supported`);
    const [start, end] = data_offsets;
    const bytes = shape.reduce((product, size) => product * size, elementBytes);
    if (end - start !== bytes)
      fail(`${what}: data_offsets ${start}..${end} are not the ${bytes} bytes of ${dtype} [${shape}]`);
    return { name, dtype, shape, offset: dataStart + start, bytes };
  });
  checkPlaces(tensors, dataStart, fileBytes, fail);
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}

function parseHeader(bytes: Buffer, path: string): Record<string, unknown> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return headerSchema.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? 'no object' : errorMessage(error).replaceAll('\n', ' ');
    throw new ModelFormatError(path, `header: is not JSON of tensors (${reason})`, { cause: error });
  }
}

/** Data belong to one tensor each, from the header to the end of the file. */
function checkPlaces(
  tensors: readonly SafetensorsTensor[],
  dataStart: number,
  fileBytes: number,
  fail: (problem: string) => never,
): void {
  let end = dataStart;
  let before = 'the header';
  for (const { name, offset, bytes } of tensors.toSorted(
    (a, b) => a.offset - b.offset || a.bytes - b.bytes,
  )) {
    const what = `tensor ${JSON.stringify(name)}`;
    if (offset + bytes > fileBytes)
      fail(`${what}: ends at byte ${offset + bytes}, but the file at ${fileBytes}`);
    if (offset < end) fail(`${what}: overlaps ${before}`);
    if (offset > end) fail(`${what}: begins ${offset - end} bytes after ${before}, where nothing may lie`);
    end = offset + bytes;
    before = what;
  }
  if (end < fileBytes) fail(`${fileBytes - end} bytes after ${before} belong to no tensor`);
}
