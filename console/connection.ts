import { backOffMs } from './back-off.js';
import { asProtocols, isKey } from './key.js';

/** What a WebSocket tells. */
export interface SocketEvents {
  opened(): void;
  text(text: string): void;
  /** Also when it never opened. */
  closed(): void;
}

export interface ConnectionPorts {
  /** Tells nothing before it has returned. */
  openSocket(protocols: string[], events: SocketEvents): { close(): void };
  /** The status of a plain request for the same path with this key; rejects when no server answers. */
  ask(key: string | undefined): Promise<number>;
  schedule(delayMs: number, task: () => void): () => void;
  /** From 0 to 1. */
  random(): number;
  readonly keys: { load(): string | undefined; store(key: string): void };
}

export type ConnectionState =
  | { readonly kind: 'connecting' | 'open' }
  /** The server asks for a key; `wrong` when it did not take the one that it got. */
  | { readonly kind: 'keyNeeded'; readonly wrong: boolean }
  | { readonly kind: 'waiting'; readonly why: 'lost' | 'unreachable' | 'refused'; readonly retryMs: number };

interface ConnectionEvents {
  state(state: ConnectionState): void;
  text(text: string): void;
}

const UNAUTHORIZED = 401;

/** Stays connected to the server: what ends is begun again, less and less often. */
export class Connection {
  private socket: { close(): void } | undefined;
  /** Names the newest socket: what older ones still tell is not heard. */
  private attempt = 0;
  private failures = 0;
  private stopTimer: (() => void) | undefined;

  constructor(
    private readonly ports: ConnectionPorts,
    private readonly events: ConnectionEvents,
  ) {}

  connect(): void {
    this.stopTimer?.();
    this.drop();
    const { attempt } = this;
    const key = this.ports.keys.load();
    let wasOpen = false;
    this.events.state({ kind: 'connecting' });
    this.socket = this.ports.openSocket(asProtocols(key), {
      opened: () => {
        if (attempt !== this.attempt) return;
        wasOpen = true;
        this.events.state({ kind: 'open' });
      },
      text: (text) => {
        if (attempt !== this.attempt) return;
        this.failures = 0;
        this.events.text(text);
      },
      closed: () => {
        if (attempt !== this.attempt) return;
        if (wasOpen) this.retry('lost');
        else void this.findOutWhy(attempt, key);
      },
    });
  }

  /** What the viewer typed. */
  enterKey(text: string): void {
    const key = text.trim();
    if (!isKey(key)) {
      this.events.state({ kind: 'keyNeeded', wrong: true });
      return;
    }
    this.ports.keys.store(key);
    this.failures = 0;
    this.connect();
  }

  /** Browsers do not tell why a WebSocket was refused: a plain request is told. */
  private async findOutWhy(attempt: number, key: string | undefined): Promise<void> {
    const status = await this.ports.ask(key).catch(() => undefined);
    if (attempt !== this.attempt) return;
    if (status === undefined) this.retry('unreachable');
    else if (status !== UNAUTHORIZED) this.retry('refused');
    else this.events.state({ kind: 'keyNeeded', wrong: key !== undefined });
  }

  private retry(why: 'lost' | 'unreachable' | 'refused'): void {
    this.drop();
    const retryMs = backOffMs(this.failures++, this.ports.random());
    this.events.state({ kind: 'waiting', why, retryMs });
    this.stopTimer = this.ports.schedule(retryMs, () => this.connect());
  }

  private drop(): void {
    this.attempt++;
    this.socket?.close();
    this.socket = undefined;
  }
}
