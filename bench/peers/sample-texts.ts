/** Deterministic texts in which tokenizers tend to disagree: the same list at every run. */
export function sampleTexts(count: number): string[] {
  let state = 2405;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const pick = <Value>(values: readonly Value[]): Value => values[below(values.length)] as Value;
  const character = (from: number, to: number): string => String.fromCodePoint(from + below(to - from));
  const makers: (() => string)[] = [
    () => pick(words),
    () => ` ${pick(words)}`,
    () => pick(code),
    () => pick(specials),
    () => pick(emoji),
    () => ' '.repeat(1 + below(20)),
    () => '\n'.repeat(1 + below(4)),
    () => '\t'.repeat(1 + below(4)) + pick(words),
    () => pick(spaces),
    () => String(below(1_000_000_000)),
    () => character(0x20, 0x7f),
    () => character(0xa0, 0x24f),
    () => character(0x370, 0x52f),
    () => character(0x590, 0x6ff),
    () => character(0x900, 0xdff),
    () => character(0x2000, 0x2bff),
    () => character(0x3040, 0x30ff),
    () => character(0x4e00, 0x9fff),
    () => character(0xac00, 0xd7a3),
    () => character(0x1f300, 0x1faff),
    () => character(0x1d400, 0x1d7ff),
    () => character(97, 123).repeat(1 + below(60)),
  ];
  return Array.from({ length: count }, (_, i) => {
    const pieces = 1 + below(i % 10 === 0 ? 80 : 12);
    return Array.from({ length: pieces }, () => pick(makers)()).join('');
  });
}

const words =
  "The capital of France is Paris, isn't it? He said: “I’ll go — don't wait.” naïve café ЭТО тест 東京 は 大きい ภาษาไทย हिन्दी العربية שלום 1st 2nd x² ½ Ⅷ ٣ www.example.org user@example.org CamelCaseWord snake_case_word ALLCAPS WE'LL y'all o'clock".split(
    ' ',
  );
const code = [
  'for (let i = 0; i < n; i++) {\n    sum += values[i];\n}\n',
  'def main(argv: list[str]) -> int:\n\treturn len(argv)\n',
  '<div class="a b">&nbsp;</div>\r\n',
  '#include <stdio.h>\n\n\nint main(void) { return 0x7fff_ffff; }',
  "SELECT * FROM t WHERE a = 'it''s' -- comment\n",
  '{"key": [1, 2.5e-10, null], "__proto__": {}}',
  '\\frac{1}{2} \\n \\u0041 $x_1^2$ ~~~ ``` ### ---',
];
const specials = [
  '<|im_start|>',
  '<|im_end|>',
  '<|endoftext|>',
  '<|im_start|>system\n',
  '<repo_name>',
  '<file_sep>',
  '<|im_end',
  '|im_end|>',
  '<empty_output>',
  '</s>',
  '<s>',
  '[INST]',
];
const emoji = [
  '😀',
  '👩‍👩‍👧‍👦',
  '🇫🇷',
  '👍🏽',
  '❤️',
  '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  'e\u0301',
  'ﬁ',
  'ẞ',
  '\u200d',
  '\ufeff',
  '\ufffd',
  '\u0000',
  '\u0007',
];
const spaces = [
  '\u00a0',
  '\u0085',
  '\u2003',
  '\u3000',
  '\u202f',
  '\r\n',
  '\r',
  '\v',
  '\f',
  '\u200b',
  '\u2028',
  ' \n ',
  '  \n\n  ',
];
