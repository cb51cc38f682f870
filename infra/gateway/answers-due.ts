import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The requests of each connection that are not answered to their end yet. */
export class AnswersDue {
  private readonly due = new WeakMap<Duplex, Set<ServerResponse>>();
  private readonly waiting = new WeakMap<Duplex, () => void>();

  add(response: ServerResponse): void {
    const { socket } = response.req;
    const due = this.due.get(socket) ?? new Set();
    this.due.set(socket, due.add(response));
    response.on('close', () => {
      due.delete(response);
      if (due.size === 0) this.waiting.get(socket)?.();
    });
  }

  /** Calls `next` when all of them are: at once, where there are none. */
  afterAll(socket: Duplex, next: () => void): void {
    const after = () => {
      this.waiting.delete(socket);
      next();
    };
    if ((this.due.get(socket)?.size ?? 0) === 0) after();
    else this.waiting.set(socket, after);
  }
}
