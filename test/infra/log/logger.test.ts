import { describe, expect, test } from 'vitest';
import { createLogger } from '../../../infra/log/logger.js';

function capture(isTTY: boolean) {
  let text = '';
  const stream = { isTTY, write: (chunk: string) => (text += chunk) };
  return { stream, lines: () => text.split('\n').filter((line) => line !== '') };
}

describe('createLogger', () => {
  test('writes one JSON object a line where nobody looks, with bindings and data', () => {
    const { stream, lines } = capture(false);
    const logger = createLogger({ level: 'info', format: 'auto' }, { role: 'gateway' }, stream);
    logger.child({ generation: 'g1' }).warn({ attempt: 2 }, 'job sent again');
    expect(lines()).toHaveLength(1);
    expect(JSON.parse(lines()[0] ?? '')).toEqual({
      level: 'warn',
      time: expect.any(Number),
      role: 'gateway',
      generation: 'g1',
      attempt: 2,
      msg: 'job sent again',
    });
  });

  test('keeps an error with its stack under `error`', () => {
    const { stream, lines } = capture(false);
    createLogger({ level: 'info', format: 'json' }, {}, stream).error({ error: new Error('gone') }, 'failed');
    expect(JSON.parse(lines()[0] ?? '')).toMatchObject({
      error: { message: 'gone', stack: expect.any(String) },
    });
  });

  test('shows only what is severe enough', () => {
    const levels = ['silent', 'error', 'warn', 'info', 'debug'] as const;
    const counts = levels.map((level) => {
      const { stream, lines } = capture(false);
      const logger = createLogger({ level, format: 'json' }, {}, stream);
      logger.debug({}, 'd');
      logger.info({}, 'i');
      logger.warn({}, 'w');
      logger.error({}, 'e');
      return lines().length;
    });
    expect(counts).toEqual([0, 1, 2, 3, 4]);
  });

  test('writes short lines on a terminal', () => {
    const { stream, lines } = capture(true);
    createLogger({ level: 'info', format: 'auto' }, {}, stream).info(
      { worker: 'w1', reason: 'no answer', error: new Error('gone') },
      'worker lost',
    );
    const plain = stripColors(lines()[0] ?? '');
    expect(plain).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} INFO {2}worker lost worker=w1 reason="no answer" error="gone"$/,
    );
  });

  test('pretty without a terminal has no colours, json on a terminal stays JSON', () => {
    const piped = capture(false);
    createLogger({ level: 'info', format: 'pretty' }, {}, piped.stream).info({ a: 1 }, 'hello');
    expect(piped.lines()[0]).toMatch(/INFO {2}hello a=1$/);
    expect(piped.lines()[0]).toBe(stripColors(piped.lines()[0] ?? ''));
    const terminal = capture(true);
    createLogger({ level: 'info', format: 'json' }, {}, terminal.stream).info({ a: 1 }, 'hello');
    expect(JSON.parse(terminal.lines()[0] ?? '')).toMatchObject({ a: 1, msg: 'hello' });
  });
});

function stripColors(text: string): string {
  return text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '');
}
