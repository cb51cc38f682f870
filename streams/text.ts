import { concat, concatMap, defer, map, type OperatorFunction, takeWhile } from 'rxjs';
import type { LoggedToken } from '../src/core/engine.js';
import type { CommittedToken } from '../src/core/generation.js';
import { TextRelease, type TextReleaseOptions } from '../src/core/text-release.js';

/**
 * Committed tokens to tokens with text, held while they may belong to a stop string. Completes, and unsubscribes
 * from the source, as soon as a stop string is complete; what is held when the source completes is released first.
 * An error passes at once, and what is held is dropped.
 */
export function releaseText(options: TextReleaseOptions): OperatorFunction<CommittedToken, LoggedToken> {
  return (committed$) =>
    defer(() => {
      const release = new TextRelease(options);
      return concat(
        committed$.pipe(
          map((token) => release.push(token)),
          takeWhile(({ stopped }) => !stopped, true),
          concatMap(({ released }) => released),
        ),
        defer(() => release.finish()),
      );
    });
}
