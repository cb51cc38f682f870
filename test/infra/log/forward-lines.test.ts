import { expect, test } from 'vitest';
import { createLineForwarder } from '../../../infra/log/forward-lines.js';
import { createLogger } from '../../../infra/log/logger.js';
import { type Logger, silentLogger } from '../../../src/core/logger.js';

function recorder() {
  const seen: unknown[][] = [];
  const record = (level: string) => (data: object, message: string) => void seen.push([level, message, data]);
  const logger: Logger = {
    ...silentLogger,
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
  };
  return { seen, logger };
}

test('lines of a child’s log are logged here under their level, however they are cut', () => {
  const { seen, logger } = recorder();
  const forward = createLineForwarder(logger);
  let text = '';
  const child = createLogger(
    { level: 'debug', format: 'json' },
    { worker: 'w1' },
    {
      write: (line) => (text += line),
    },
  );
  child.info({ loadMs: 5 }, 'model loaded');
  child.error({}, 'gone');
  for (const piece of text.match(/[\s\S]{1,7}/g) ?? []) forward(piece);
  expect(seen).toEqual([
    ['info', 'model loaded', { worker: 'w1', loadMs: 5 }],
    ['error', 'gone', { worker: 'w1' }],
  ]);
});

test('what is no log line is a warning, and empty lines are nothing', () => {
  const { seen, logger } = recorder();
  const forward = createLineForwarder(logger);
  forward('terminate called\n\n{"level":"info"}\n{"level":"loud","msg":"x"}\nno end');
  expect(seen.map(([level, message]) => `${level} ${message}`)).toEqual(Array(3).fill('warn worker wrote'));
  expect(seen[0]?.[2]).toEqual({ line: 'terminate called' });
});
