import { describe, expect, it } from 'vitest';
import { isReplySubject, requireReplySubject } from '../../../../infra/nats/edge/reply-subject.js';

describe('subjects that are answered to', () => {
  it.each(['_INBOX.a.b', 'results', 'results.1', 'dsi.v10.x', 'a$b'])('%s', (subject) => {
    expect(isReplySubject(subject, 'dsi.v1')).toBe(true);
  });

  it.each([
    ...['', '.', 'a.', '.a', 'a..b', 'a b', 'a.*', 'a.>', 'a\n', 'a\u0000'],
    ...['$JS.API.STREAM.DELETE.x', '$SYS.a', 'dsi.v1.worker.job.w', 'x'.repeat(257)],
  ])('not %j', (subject) => {
    expect(isReplySubject(subject, 'dsi.v1')).toBe(false);
    expect(() => requireReplySubject('result_subject', subject, 'dsi.v1')).toThrow(
      /^result_subject is .*without wildcards/,
    );
  });

  it('not what is no text', () => {
    expect(() => requireReplySubject('result_subject', 7, 'dsi.v1')).toThrow('result_subject is 7');
    expect(() => requireReplySubject('result_subject', undefined, 'dsi.v1')).toThrow(
      'result_subject is missing',
    );
  });
});
