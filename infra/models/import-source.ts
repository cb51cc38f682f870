import type { DecoderCheckpoint, DecoderConfig } from '../../src/core/checkpoint.js';
import type { OnModelProgress } from './progress.js';

/** Weights of a decoder in a form of somebody else, open: what a model's folder is made of. */
export interface ImportSource {
  /** The file or folder, named in errors. */
  readonly path: string;
  readonly config: DecoderConfig;
  /** Bytes of all its weights, to show progress by. */
  readonly totalBytes: number;
  /** SHA-256 in hexadecimal digits of all that the import depends on; remembered while the files stay the same. */
  hash(cacheFolder: string, onProgress?: OnModelProgress): Promise<string>;
  /** The folder's small files by name: configuration, tokenizer, chat template. Throws ModelFormatError. */
  smallFiles(): ReadonlyMap<string, string | Uint8Array>;
  /** Reads from the open source until `close`. */
  checkpoint(sourceHash: string): DecoderCheckpoint;
  /** Idempotent. */
  close(): void;
}
