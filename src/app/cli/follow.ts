import type { GenerationEnd, GenerationLog, LoggedToken } from '../../core/engine.js';

/**
 * Calls `onTokens` with the tokens that came since the last call, in order, each once, waiting for it before the
 * next; resolves with the end, after the last of them.
 */
export async function followLog(
  log: GenerationLog,
  onTokens: (tokens: readonly LoggedToken[]) => Promise<void> | void,
): Promise<GenerationEnd> {
  let wake = () => {};
  let changed = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const cancel = log.watch(() => wake());
  try {
    let seen = 0;
    for (;;) {
      const { end } = log;
      const tokens = log.tokens.slice(seen);
      seen += tokens.length;
      if (tokens.length > 0) await onTokens(tokens);
      else if (end !== undefined) return end;
      else {
        await changed;
        changed = new Promise((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    cancel();
  }
}
