import type { ClientSocket } from '../../infra/gateway/client-socket.js';

/** A socket whose client reads when told to. */
export class SlowSocket implements ClientSocket {
  open = true;
  readonly sent: string[] = [];
  private readonly unsent: { bytes: number; flushed: () => void }[] = [];

  get bufferedBytes(): number {
    return this.unsent.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  send(text: string, flushed: () => void): void {
    this.sent.push(text);
    this.unsent.push({ bytes: text.length, flushed });
  }

  read(frames = this.unsent.length): void {
    for (const { flushed } of this.unsent.splice(0, frames)) flushed();
  }

  ping(): void {}
  close(): void {
    this.open = false;
  }
  terminate(): void {
    this.open = false;
  }
}
