import { errorMessage } from '../core/errors.js';
import type { Logger } from '../core/logger.js';

/** What has been opened, to be closed in reverse order; one that fails does not keep the others open. */
export class Closers {
  private readonly closers: (() => unknown)[] = [];

  constructor(private readonly logger: Logger) {}

  add(close: () => unknown): void {
    this.closers.push(close);
  }

  async closeAll(): Promise<void> {
    for (let close = this.closers.pop(); close !== undefined; close = this.closers.pop()) {
      try {
        await close();
      } catch (error) {
        this.logger.warn({ reason: errorMessage(error) }, 'closing failed');
      }
    }
  }
}
