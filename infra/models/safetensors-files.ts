import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { errorMessage, ModelFormatError } from '../../src/core/errors.js';
import { readJsonFile } from './json-file.js';
import { readExactly } from './read-exactly.js';
import { readSafetensorsHeader, type SafetensorsTensor } from './safetensors-header.js';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/** The tensors of a folder, in one file or several, read from the disk when asked for, until `close`. */
export interface SafetensorsFiles {
  /** The files that hold weights, and the index where there is one. */
  readonly paths: readonly string[];
  readonly tensors: ReadonlyMap<string, PlacedTensor>;
  read(tensor: PlacedTensor): Buffer<ArrayBuffer>;
  /** Idempotent. */
  close(): void;
}

export interface PlacedTensor extends SafetensorsTensor {
  /** The file it lies in. */
  readonly path: string;
}

export function hasSafetensors(folder: string): boolean {
  return [SINGLE, INDEX].some((name) => existsSync(join(folder, name)));
}

/**
 * Opens `model.safetensors`, else the files that `model.safetensors.index.json` names, and checks where everything
 * lies. Throws ModelFormatError, naming file and tensor.
 */
export function openSafetensors(folder: string): SafetensorsFiles {
  const single = join(folder, SINGLE);
  const index = existsSync(single) ? undefined : readIndex(join(folder, INDEX));
  const files =
    index === undefined ? [single] : [...new Set(index.values())].map((name) => join(folder, name));
  const descriptors = new Map<string, number>();
  const close = () => {
    for (const descriptor of descriptors.values()) closeSync(descriptor);
    descriptors.clear();
  };
  try {
    for (const path of files) descriptors.set(path, openFile(path));
    const tensors = placeTensors(descriptors);
    for (const [name, file] of index ?? [])
      if (tensors.get(name)?.path !== join(folder, file))
        throw new ModelFormatError(
          join(folder, file),
          `tensor ${JSON.stringify(name)} is missing, though ${INDEX} says it is here`,
        );
    return {
      paths: index === undefined ? files : [join(folder, INDEX), ...files],
      tensors,
      read: ({ path, name, offset, bytes }) =>
        readExactly(descriptors.get(path) as number, path, `tensor ${JSON.stringify(name)}`, offset, bytes),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** Tensor -> name of the file it lies in. */
function readIndex(path: string): ReadonlyMap<string, string> {
  const json = readJsonFile(path, indexSchema);
  if (json === undefined) throw new ModelFormatError(path, 'is missing');
  const places = new Map(Object.entries(json.weight_map));
  for (const file of new Set(places.values())) {
    // Wherever the index came from, it must not make us read other files of this machine.
    if (!/^[\w][\w .-]*\.safetensors$/.test(file))
      throw new ModelFormatError(
        path,
        `weight_map: ${JSON.stringify(file)} is no name of a .safetensors file in this folder`,
      );
  }
  if (places.size === 0) throw new ModelFormatError(path, 'weight_map: names no tensor');
  return places;
}

function openFile(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new ModelFormatError(path, 'is missing');
  if (!stats.isFile()) throw new ModelFormatError(path, 'is no file');
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new ModelFormatError(path, errorMessage(error), { cause: error });
  }
}

function placeTensors(descriptors: ReadonlyMap<string, number>): Map<string, PlacedTensor> {
  const tensors = new Map<string, PlacedTensor>();
  for (const [path, descriptor] of descriptors) {
    for (const tensor of readSafetensorsHeader(descriptor, path).values()) {
      const other = tensors.get(tensor.name)?.path;
      if (other !== undefined)
        throw new ModelFormatError(path, `tensor ${JSON.stringify(tensor.name)} is in ${other} too`);
      tensors.set(tensor.name, { ...tensor, path });
    }
  }
  return tensors;
}
