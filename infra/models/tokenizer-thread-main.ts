/** The thread behind `TokenizerThread`: encodes one prompt after another. */
import { parentPort, workerData } from 'node:worker_threads';
import { encodePrompt } from '../../src/core/prompt.js';
import { openTokenizer, type TokenizerSource } from './tokenizer-source.js';
import { type EncodingAnswer, type EncodingOrder, packError } from './tokenizer-thread-protocol.js';

const port = parentPort;
let tokenizer: ReturnType<typeof openTokenizer> | undefined;

port?.on('message', ({ order, prompt }: EncodingOrder) => {
  try {
    tokenizer ??= openTokenizer(workerData as TokenizerSource);
    const tokenIds = Int32Array.from(encodePrompt(tokenizer, prompt));
    port.postMessage({ order, tokenIds } satisfies EncodingAnswer, [tokenIds.buffer]);
  } catch (error) {
    port.postMessage({ order, error: packError(error) } satisfies EncodingAnswer);
  }
});
