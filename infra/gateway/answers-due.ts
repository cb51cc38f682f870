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
      if (!this.owed(socket)) this.waiting.get(socket)?.();
    });
  }

  count(socket: Duplex): number {
    return this.due.get(socket)?.size ?? 0;
  }

  /** Whether an answer is due or under way. Who sent only a part of a request waits for none. */
  owed(socket: Duplex): boolean {
    for (const { req, headersSent } of this.due.get(socket) ?? [])
      if (req.complete || headersSent) return true;
    return false;
  }

  /** Calls `next` when all that is owed was answered: at once, where nothing is. */
  afterAll(socket: Duplex, next: () => void): void {
    const after = () => {
      this.waiting.delete(socket);
      next();
    };
    if (this.owed(socket)) this.waiting.set(socket, after);
    else after();
  }
}
