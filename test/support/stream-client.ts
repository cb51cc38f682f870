import WebSocket, { type ClientOptions } from 'ws';
import type { ServerFrame } from '../../infra/gateway/frames.js';

type FrameOf<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>;

/** A WebSocket client that keeps what it is told and waits for what it wants to hear. */
export class StreamClient {
  readonly frames: ServerFrame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  private readonly waiters = new Set<() => void>();
  private over = false;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => {
      this.frames.push(JSON.parse(data.toString()) as ServerFrame);
      for (const waiter of [...this.waiters]) waiter();
    });
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.over = true;
        for (const waiter of [...this.waiters]) waiter();
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Resolves when connected; rejects with `refused: <status>`. */
  static open(port: number, options: ClientOptions = {}, protocols: string[] = []): Promise<StreamClient> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream`, protocols, options);
      socket.on('unexpected-response', (_request, response) => {
        reject(new Error(`refused: ${response.statusCode}`));
        socket.terminate();
      });
      const client = new StreamClient(socket);
      socket.on('open', () => resolve(client));
      socket.on('error', reject);
    });
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** The first frame of this type (and for which `wanted` holds), now or later. */
  frame<Type extends ServerFrame['type']>(
    type: Type,
    wanted: (frame: FrameOf<Type>) => boolean = () => true,
  ): Promise<FrameOf<Type>> {
    const isIt = (frame: ServerFrame): frame is FrameOf<Type> =>
      frame.type === type && wanted(frame as FrameOf<Type>);
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = this.frames.find(isIt);
        if (found === undefined && !this.over) return;
        this.waiters.delete(check);
        if (found) resolve(found);
        else reject(new Error(`closed before ${type}: ${JSON.stringify(this.frames.slice(-3))}`));
      };
      this.waiters.add(check);
      check();
    });
  }

  /** Creates a generation and waits until it is under way. */
  async create(fields: object = { prompt: 'hello' }): Promise<string> {
    const before = this.frames.length;
    this.send({ type: 'generation.create', ...fields });
    const { id } = await this.frame('generation.created', (frame) => this.frames.indexOf(frame) >= before);
    return id;
  }

  tokens(id: string): FrameOf<'token'>[] {
    return this.frames.filter(
      (frame): frame is FrameOf<'token'> => frame.type === 'token' && frame.id === id,
    );
  }

  close(): Promise<unknown> {
    this.socket.close();
    return this.closed;
  }

  /** Ends without a goodbye, as a lost network does. */
  drop(): Promise<unknown> {
    this.socket.terminate();
    return this.closed;
  }
}
