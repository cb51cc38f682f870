import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Ends a text and a chat turn. */
export const TINY_END_TOKEN = 0;

const SPECIAL_TOKENS = ['<|end|>', '<|user|>', '<|assistant|>', '<|system|>'];
const CHAT_TEMPLATE =
  "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

/**
 * tokenizer.json and tokenizer_config.json of a byte-level BPE: four special tokens, a token per byte, then pairs
 * of lower-case letters up to `vocabularySize` (260..962).
 */
export function writeTinyTokenizer(directory: string, vocabularySize: number): void {
  const bytes = Array.from({ length: 256 }, (_, byte) => byteCharacter(byte));
  const tokens = [...SPECIAL_TOKENS, ...bytes];
  const merges: string[] = [];
  const letters = 'etaoinshrdlucmwfgypbvkjxqz';
  const starts = [`${byteCharacter(32)}`, ...letters];
  for (const first of starts) {
    for (const second of letters) {
      if (tokens.length === vocabularySize) break;
      merges.push(`${first} ${second}`);
      tokens.push(first + second);
    }
  }
  if (tokens.length !== vocabularySize) throw new RangeError(`no tokenizer of ${vocabularySize} tokens`);
  const special = SPECIAL_TOKENS.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special,
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
  const settings = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    eos_token: SPECIAL_TOKENS[TINY_END_TOKEN],
    clean_up_tokenization_spaces: false,
    chat_template: CHAT_TEMPLATE,
  };
  writeFileSync(join(directory, 'tokenizer.json'), JSON.stringify(tokenizer));
  writeFileSync(join(directory, 'tokenizer_config.json'), JSON.stringify(settings, undefined, 2));
}

/** The printable character that stands for a byte in GPT-2's byte-level vocabularies. */
function byteCharacter(byte: number): string {
  const printable = (code: number) =>
    (code >= 33 && code <= 126) || (code >= 161 && code <= 172) || (code >= 174 && code <= 255);
  if (printable(byte)) return String.fromCharCode(byte);
  let skipped = 0;
  for (let code = 0; code < byte; code++) if (!printable(code)) skipped++;
  return String.fromCharCode(256 + skipped);
}
