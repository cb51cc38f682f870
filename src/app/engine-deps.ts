import type { OnModelProgress } from '../../infra/models/progress.js';
import type { Logger } from '../core/logger.js';
import type { TraceSink } from '../core/trace.js';
import type { ActorInspector } from './actor-options.js';

/** What an engine is given besides its options. */
export interface EngineDeps {
  readonly logger: Logger;
  readonly trace?: TraceSink | undefined;
  readonly inspect?: ActorInspector | undefined;
  /** Told of downloads and imports. */
  readonly onProgress?: OnModelProgress | undefined;
}
