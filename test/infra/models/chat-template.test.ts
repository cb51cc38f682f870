import { describe, expect, it } from 'vitest';
import { compileChatTemplate } from '../../../infra/models/chat-template.js';
import { InvalidOptionError } from '../../../src/core/errors.js';
import type { ChatMessage } from '../../../src/core/tokenizer.js';

const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content });

/** The rendered text, with what comes from contents in capitals: contents are written in small letters. */
function rendered(source: string, messages: readonly ChatMessage[], control: readonly string[] = []): string {
  const template = compileChatTemplate(source, { begin: '<s>', end: '</s>', control });
  const { text, fromContent } = template(messages);
  expect(fromContent).toHaveLength(text.length);
  return text.replace(/[a-z]/g, (letter, at: number) => (fromContent[at] ? letter.toUpperCase() : letter));
}

const each = (body: string) => `{% for m in messages %}${body}{% endfor %}`;

/** As Qwen3 does it: thoughts of former turns are dropped, by looking into contents. */
const thinking = each(
  `{%- set content = m.content %}
   {%- if '</think>' in m.content %}
     {%- set content = m.content.split('</think>')[-1].lstrip('\\n') %}
     {%- set thought = m.content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
   {%- endif %}
   {{- '[' + content + (('|' + thought) if thought else '') + ']' }}`,
);

describe('a chat template', () => {
  it('tells contents from its own text, whatever they are made of', () => {
    const source = each("{{ 'to ' + m.role + ': ' + m.content + '.' }}");
    expect(rendered(source, [user('to me: .'), assistant('{{ x }} \u{f0041}é👍')])).toBe(
      'to user: TO ME: ..to assistant: {{ X }} \u{f0041}é👍.',
    );
    expect(() => rendered('\u{f0041}', [])).toThrow(/plane 15/);
  });

  it('may look into contents', () => {
    const thought = '<think>\n\n a \n\n</think>\n\n  b';
    expect(rendered(thinking, [user('q'), assistant(thought)])).toBe('[Q][  B| A ]');
    expect(rendered(thinking, [user('a </think> b </think> c')])).toBe('[ C|A ]');
  });

  it('may compare contents with texts, and what a role is called is no such text', () => {
    const asked = each(
      "{% if m.role == 'user' and m.content == '/no_think' %}off{% elif m.content != 'a user' %}{{ m.content }}{% endif %};",
    );
    expect(rendered(asked, [user('/no_think'), user('a user'), user('some user')])).toBe('off;;SOME USER;');
  });

  it('is not shown a control token for that', () => {
    const message = assistant('<think>a</think>b');
    expect(rendered(thinking, [message], ['</think>'])).toBe('[<THINK>A</THINK>B]');
    expect(rendered(thinking, [message], ['</thinking>'])).toBe('[B|A]');
  });

  it('strips what it says, of texts only', () => {
    const strips = (call: string) => rendered(each(`[{{ m.content.${call} }}]`), [user(' \n xax\n ')]);
    expect(strips('strip()')).toBe('[XAX]');
    expect(strips("strip('\\n')")).toBe('[ \n XAX\n ]');
    expect(strips("lstrip(' \\n')")).toBe('[XAX\n ]');
    expect(strips("rstrip(' \\n').strip(' \\n').strip('x')")).toBe('[A]');
    expect(() => rendered(each("{{ m.thought.strip('x') }}"), [user('a')])).toThrow(InvalidOptionError);
  });

  it('has neither tools nor documents, as none and not as unknown', () => {
    const source = "{{ 'no tools' if tools is none and documents is none else 'tools' }}{{ bos_token }}";
    expect(rendered(source, [user('a')])).toBe('no tools<s>');
  });
});
