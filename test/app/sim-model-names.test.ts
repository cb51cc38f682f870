import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../src/core/errors.js';
import { createEngine } from '../../src/index.js';

/** What creating an engine fails with; a server that does not exist would be the next thing to fail. */
function refusal(options: { model: string; drafter?: string }): Promise<unknown> {
  return createEngine({ drafter: 'none', natsServer: '/nowhere/nats-server', ...options }).then(
    (engine) => engine.close(),
    (error: unknown) => error,
  );
}

describe('a simulated model that there is none of', () => {
  it.each([
    [{ model: 'sim:foo' }, 'model is "sim:foo", but must be sim:target or sim:drafter'],
    [{ model: 'sim:drafter?ms=1' }, 'model is "sim:drafter?ms=1", but must be a sim:target for a target'],
    [{ model: 'sim:target?ms=-1' }, 'model parameter ms is "-1", but must be a number from 0 to 60000'],
    [{ model: 'sim:target?bla=1' }, 'model parameter is "bla", but must be one of ms, first,'],
    [
      { model: 'sim:target', drafter: 'sim:target' },
      'drafter is "sim:target", but must be a sim:drafter for a drafter',
    ],
  ])('%j is refused before anything is started', async (options, message) => {
    const error = await refusal(options);
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(String(error)).toContain(message);
  });
});
