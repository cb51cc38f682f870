import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { machineBusyMs } from '../lib/proc.js';
import { answerSchema, type Command, type Decoded, type DecodeRequest, type Opening } from './peer.js';
import { treeProcessorMs } from './process-tree.js';

const MAIN = fileURLToPath(new URL('./peer-main.ts', import.meta.url));

export interface MeasuredDecoding extends Decoded {
  /** Of the peer's process and all that it started, from the request to the answer. */
  readonly processorMs: number;
  /** Cores that all other programs, other peers too, kept busy meanwhile, on average. */
  readonly foreignCores: number;
}

/** A peer in a process of its own, idle between requests. */
export class PeerProcess {
  private constructor(private readonly child: ChildProcess) {}

  /** Throws with the peer's words when it cannot open. */
  static async open(opening: Opening): Promise<PeerProcess> {
    const child = fork(MAIN, {
      execArgv: ['--import', import.meta.resolve('tsx')],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const peer = new PeerProcess(child);
    try {
      await peer.ask({ type: 'open', opening });
    } catch (error) {
      if (child.connected) child.disconnect();
      throw error;
    }
    return peer;
  }

  async decode(request: DecodeRequest): Promise<MeasuredDecoding> {
    const pid = Number(this.child.pid);
    const before = { atMs: performance.now(), own: treeProcessorMs(pid), busy: machineBusyMs() };
    const decoded = await this.ask({ type: 'decode', request });
    const after = { atMs: performance.now(), own: treeProcessorMs(pid), busy: machineBusyMs() };
    if (decoded === undefined) throw new Error('the peer answered without tokens');
    const processorMs = after.own - before.own;
    const foreignMs = after.busy - before.busy - processorMs;
    return {
      ...decoded,
      processorMs,
      foreignCores: Math.max(0, foreignMs) / (after.atMs - before.atMs),
    };
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null) return;
    await this.ask({ type: 'close' });
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }

  private async ask(command: Command): Promise<Decoded | undefined> {
    const answered = new AbortController();
    const { signal } = answered;
    this.child.send(command);
    try {
      const [message] = await Promise.race([
        once(this.child, 'message', { signal }),
        once(this.child, 'exit', { signal }).then(([code, by]) => {
          throw new Error(`its process ended with ${code ?? by}`);
        }),
      ]);
      const answer = answerSchema.parse(message);
      if (answer.type === 'failed') throw new Error(answer.message);
      return answer.decoded;
    } finally {
      answered.abort();
    }
  }
}
