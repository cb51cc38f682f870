import type { Socket } from 'node:net';

interface OpenConnectionsOptions {
  readonly most: number;
  /** Whether somebody is served over it. Such a connection is never dropped for another. */
  serves(socket: Socket): boolean;
  /** It is about to be. */
  dropped(socket: Socket): void;
}

/**
 * Every connection that is open. One beyond the most there may be takes the place of one that serves nobody: half a
 * request, or nothing, would else keep out those who ask. It goes from the address that has most of these, so that who
 * opens many drops its own, and there the one that was not answered for longest.
 */
export class OpenConnections {
  /** In the order in which they came or were last answered. */
  private readonly open = new Set<Socket>();

  constructor(private readonly options: OpenConnectionsOptions) {}

  add(socket: Socket): void {
    const { most, dropped } = this.options;
    // One whose offer of another protocol is declined is heard of once more.
    if (this.open.has(socket)) return;
    const victim = this.open.size < most ? undefined : (this.mostDispensable() ?? socket);
    if (victim !== undefined) {
      this.open.delete(victim);
      dropped(victim);
      victim.destroy();
    }
    if (victim === socket) return;
    this.open.add(socket);
    socket.on('close', () => this.open.delete(socket));
  }

  answered(socket: Socket): void {
    if (this.open.delete(socket)) this.open.add(socket);
  }

  private mostDispensable(): Socket | undefined {
    const idle = new Map<string | undefined, { readonly first: Socket; count: number }>();
    for (const socket of this.open) {
      if (this.options.serves(socket)) continue;
      const ofAddress = idle.get(socket.remoteAddress);
      if (ofAddress === undefined) idle.set(socket.remoteAddress, { first: socket, count: 1 });
      else ofAddress.count++;
    }
    let [most] = idle.values();
    for (const ofAddress of idle.values()) if (ofAddress.count > (most?.count ?? 0)) most = ofAddress;
    return most?.first;
  }
}
