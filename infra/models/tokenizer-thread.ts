import { Worker } from 'node:worker_threads';
import { errorMessage, SystemError, UnavailableError } from '../../src/core/errors.js';
import type { Prompt } from '../../src/core/prompt.js';
import { threadModule } from '../node-entry/node-entry.js';
import type { TokenizerSource } from './tokenizer-source.js';
import { type EncodingAnswer, type EncodingOrder, unpackError } from './tokenizer-thread-protocol.js';

interface Waiting {
  readonly resolve: (tokenIds: number[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A tokenizer in a thread of its own, for what would keep the event loop for long. The thread starts with the first
 * prompt, and again with the next one if it ended meanwhile.
 */
export class TokenizerThread {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private orders = 0;
  private closed = false;

  /** @param module what the thread runs */
  constructor(
    private readonly source: TokenizerSource,
    private readonly module = threadModule(new URL('./tokenizer-thread-main.js', import.meta.url)),
  ) {}

  /** Prompts that were given and have not been answered. */
  get pending(): number {
    return this.waiting.size;
  }

  /**
   * One after another, in the order given. Rejects with what encoding throws, SystemError if the thread ends and
   * UnavailableError if it is closed.
   */
  encode(prompt: Prompt): Promise<number[]> {
    if (this.closed) return Promise.reject(closedError());
    this.worker ??= this.start();
    const order = this.orders++;
    this.worker.postMessage({ order, prompt } satisfies EncodingOrder);
    return new Promise((resolve, reject) => this.waiting.set(order, { resolve, reject }));
  }

  /** Ends the thread. Closing twice is harmless. */
  async close(): Promise<void> {
    this.closed = true;
    this.rejectAll(closedError());
    await this.worker?.terminate();
  }

  private start(): Worker {
    const worker = new Worker(this.module, {
      name: 'slipstream-tokenizer',
      workerData: this.source,
      execArgv: [],
    });
    worker.on('message', (answer: EncodingAnswer) => this.settle(answer));
    let reason = 'it ended';
    worker.on('error', (error) => {
      reason = errorMessage(error);
    });
    worker.on('exit', () => {
      this.worker = undefined;
      this.rejectAll(new SystemError(`the tokenizer's thread ended: ${reason}`));
    });
    return worker;
  }

  private settle(answer: EncodingAnswer): void {
    const waiting = this.waiting.get(answer.order);
    this.waiting.delete(answer.order);
    if ('error' in answer) waiting?.reject(unpackError(answer.error));
    else waiting?.resolve(Array.from(answer.tokenIds));
  }

  private rejectAll(error: Error): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}

function closedError(): UnavailableError {
  return new UnavailableError('the engine is closed');
}
