/** The user ended the command before there was anything to end gracefully. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/**
 * The promise's result, or InterruptedError as soon as `signal` is aborted. What the promise still brings after
 * that is given to `discard`.
 */
export async function untilInterrupted<Value>(
  signal: AbortSignal,
  promise: Promise<Value>,
  discard: (value: Value) => void,
): Promise<Value> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new InterruptedError('interrupted'));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([promise, aborted]);
  } catch (error) {
    if (error instanceof InterruptedError) promise.then(discard).catch(() => {});
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Resolves at the first Ctrl-C or SIGTERM with the signal's name. */
export function interruption(signal: AbortSignal): Promise<'SIGINT' | 'SIGTERM'> {
  return new Promise((resolve) => {
    const done = () => resolve(signal.reason === 'SIGTERM' ? 'SIGTERM' : 'SIGINT');
    if (signal.aborted) done();
    else signal.addEventListener('abort', done, { once: true });
  });
}
