import type { GenerationEnd, GenerationLog, LoggedToken } from '../core/engine.js';
import type { Cancel } from '../core/scheduler.js';

/** The append-only log that all readers of one generation share. */
export class ReleasedLog implements GenerationLog {
  private readonly released: LoggedToken[] = [];
  private readonly watchers = new Set<() => void>();
  private ending: GenerationEnd | undefined;

  get tokens(): readonly LoggedToken[] {
    return this.released;
  }

  get end(): GenerationEnd | undefined {
    return this.ending;
  }

  append(token: LoggedToken): void {
    this.released.push(token);
    this.changed();
  }

  finish(end: GenerationEnd): void {
    this.ending = end;
    this.changed();
    this.watchers.clear();
  }

  watch(changed: () => void): Cancel {
    this.watchers.add(changed);
    return () => this.watchers.delete(changed);
  }

  private changed(): void {
    for (const watcher of [...this.watchers]) watcher();
  }
}
