/** One client's WebSocket, whatever library speaks the protocol. */
export interface ClientSocket {
  /** Bytes accepted by `send` that the system has not taken yet. */
  readonly bufferedBytes: number;
  /** False once either side has begun to close: nothing more is sent or worth reading. */
  readonly open: boolean;
  /** `flushed` is called when the system has taken the message, or never will. */
  send(text: string, flushed: () => void): void;
  ping(): void;
  /** Starts the closing handshake behind what was sent. `reason`: at most 123 bytes. */
  close(code: number, reason: string): void;
  /** Cuts the connection without a word; the client sees code 1006. */
  terminate(): void;
}

export interface ClientSocketEvents {
  text(text: string): void;
  binary(): void;
  /** A ping or a pong. */
  heartbeat(): void;
  /** Once, and the last event. */
  closed(code: number): void;
}
