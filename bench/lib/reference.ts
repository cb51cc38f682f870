import { closeSync, openSync } from 'node:fs';
import { readExactly } from '../../infra/models/read-exactly.js';
import { readSafetensorsHeader, type SafetensorsTensor } from '../../infra/models/safetensors-header.js';

export interface ReferenceText {
  /** Of the file of prompts, from 0. */
  readonly line: number;
  readonly ids: readonly number[];
  /** After each id. */
  readonly logits: readonly Float32Array[];
}

/** Reads what `slipstream_train.reference_logits` wrote. */
export function readReference(path: string): ReferenceText[] {
  const descriptor = openSync(path, 'r');
  try {
    const tensors = readSafetensorsHeader(descriptor, path);
    const read = (tensor: SafetensorsTensor | undefined): ArrayBuffer => {
      if (tensor === undefined) throw new Error(`${path} is no reference`);
      return new Uint8Array(readExactly(descriptor, path, tensor.name, tensor.offset, tensor.bytes)).buffer;
    };
    const lines = [...tensors.keys()].flatMap((name) => /^ids\.(\d+)$/.exec(name)?.[1] ?? []).map(Number);
    return lines.map((line) => {
      const ids = [...new Int32Array(read(tensors.get(`ids.${line}`)))];
      const all = new Float32Array(read(tensors.get(`logits.${line}`)));
      const width = all.length / ids.length;
      return { line, ids, logits: ids.map((_, at) => all.subarray(at * width, (at + 1) * width)) };
    });
  } finally {
    closeSync(descriptor);
  }
}
