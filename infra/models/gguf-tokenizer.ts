import { ModelFormatError } from '../../src/core/errors.js';
import type { GgufValue } from './gguf-header.js';
import { GPT2_PATTERN } from './pre-tokenizer.js';

/** Files of a model's folder, synthesised from a GGUF file's metadata; `chatTemplate` is text, the rest JSON. */
export interface GgufTokenizerFiles {
  readonly tokenizer: object;
  readonly tokenizerConfig: object;
  readonly generationConfig: { readonly eos_token_id: readonly number[]; readonly bos_token_id?: number };
  readonly chatTemplate: string | undefined;
}

const LLAMA3_PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const QWEN2_PATTERN = LLAMA3_PATTERN.replace('\\p{N}{1,3}', '\\p{N}');

interface PreTokenizerKind {
  readonly patterns: readonly string[];
  /** Pieces that are tokens are taken whole. */
  readonly wholePieces: boolean;
  /** Whether llama.cpp begins texts with the begin token when the file does not say. */
  readonly addBegin: boolean;
  /** What the models' own tokenizers do first, though llama.cpp does not. */
  readonly normalizer?: 'NFC';
}

/** How llama.cpp splits before BPE, by `tokenizer.ggml.pre` (llama.cpp, src/llama-vocab.cpp). */
const kinds: Readonly<Record<string, PreTokenizerKind>> = {
  'gpt-2': { patterns: [GPT2_PATTERN], wholePieces: false, addBegin: false },
  smollm: { patterns: ['\\p{N}', GPT2_PATTERN], wholePieces: false, addBegin: false },
  starcoder: { patterns: ['\\p{N}', GPT2_PATTERN], wholePieces: false, addBegin: false },
  'llama-bpe': { patterns: [LLAMA3_PATTERN], wholePieces: true, addBegin: true },
  llama3: { patterns: [LLAMA3_PATTERN], wholePieces: true, addBegin: true },
  qwen2: { patterns: [QWEN2_PATTERN], wholePieces: false, addBegin: false, normalizer: 'NFC' },
};

/** Control tokens that llama.cpp takes for the end of a text besides the file's own, by name. */
const endNames: ReadonlySet<string> = new Set([
  '<|eot_id|>',
  '<|im_end|>',
  '<|end|>',
  '<end_of_turn>',
  '<|endoftext|>',
  '<|eom_id|>',
  '<EOT>',
]);

const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;

/** Throws ModelFormatError for tokenizers other than byte-level BPE, naming file and field. */
export function ggufTokenizerFiles(
  metadata: ReadonlyMap<string, GgufValue>,
  path: string,
): GgufTokenizerFiles {
  const reader = new TokenizerMetadata(metadata, path);
  const model = reader.text('model');
  if (model !== 'gpt2') reader.fail('model', `${JSON.stringify(model)} is not supported: must be "gpt2"`);
  const pre = reader.text('pre');
  const kind = Object.hasOwn(kinds, pre) ? kinds[pre] : undefined;
  if (kind === undefined) {
    const known = Object.keys(kinds).join(', ');
    return reader.fail(
      'pre',
      `pre-tokenizer ${JSON.stringify(pre)} is not supported: must be one of ${known}`,
    );
  }
  const tokens = reader.list('tokens', 'string');
  const types = reader.list('token_type', 'number');
  if (types.length !== tokens.length)
    reader.fail('token_type', `${types.length} types for ${tokens.length} tokens`);
  const added = tokens.flatMap((content, id) =>
    types[id] === CONTROL || types[id] === USER_DEFINED
      ? [{ id, content, special: types[id] === CONTROL, ...plainAddedToken }]
      : [],
  );
  const begin = reader.tokenId('bos_token_id', tokens.length);
  const end = reader.tokenId('eos_token_id', tokens.length);
  const ends = new Set<number>();
  for (const id of [
    end,
    ...['eot_token_id', 'eom_token_id'].map((key) => reader.tokenId(key, tokens.length)),
  ])
    if (id !== undefined) ends.add(id);
  for (const { id, content, special } of added) if (special && endNames.has(content)) ends.add(id);
  return {
    tokenizer: {
      version: '1.0',
      added_tokens: added,
      normalizer: kind.normalizer === undefined ? null : { type: kind.normalizer },
      pre_tokenizer: preTokenizer(kind),
      post_processor: null,
      decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: {
        type: 'BPE',
        ignore_merges: kind.wholePieces,
        vocab: reader.vocabulary(tokens, (token, id) => types[id] === UNUSED && token === `[PAD${id}]`),
        merges: reader.list('merges', 'string'),
      },
    },
    tokenizerConfig: {
      add_bos_token: reader.flag('add_bos_token') ?? kind.addBegin,
      ...(begin === undefined ? {} : { bos_token: tokens[begin] }),
      ...(end === undefined ? {} : { eos_token: tokens[end] }),
    },
    generationConfig: {
      eos_token_id: [...ends].sort((a, b) => a - b),
      ...(begin === undefined ? {} : { bos_token_id: begin }),
    },
    chatTemplate: reader.optionalText('tokenizer.chat_template'),
  };
}

const plainAddedToken = { single_word: false, lstrip: false, rstrip: false, normalized: false };

function preTokenizer(kind: PreTokenizerKind): object {
  const splits = kind.patterns.map((pattern) => ({
    type: 'Split',
    pattern: { Regex: pattern },
    behavior: 'Isolated',
    invert: false,
  }));
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  return { type: 'Sequence', pretokenizers: [...splits, bytes] };
}

interface ElementTypes {
  readonly string: string;
  readonly number: number;
}

class TokenizerMetadata {
  constructor(
    private readonly metadata: ReadonlyMap<string, GgufValue>,
    private readonly path: string,
  ) {}

  fail(key: string, problem: string): never {
    throw new ModelFormatError(this.path, `tokenizer.ggml.${key}: ${problem}`);
  }

  text(key: string): string {
    const value = this.metadata.get(`tokenizer.ggml.${key}`);
    return typeof value === 'string' ? value : this.fail(key, 'is missing');
  }

  optionalText(key: string): string | undefined {
    const value = this.metadata.get(key);
    return typeof value === 'string' ? value : undefined;
  }

  flag(key: string): boolean | undefined {
    const value = this.metadata.get(`tokenizer.ggml.${key}`);
    return typeof value === 'boolean' ? value : undefined;
  }

  tokenId(key: string, size: number): number | undefined {
    const value = this.metadata.get(`tokenizer.ggml.${key}`);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= size)
      return this.fail(key, `must be a token id 0..${size - 1}`);
    return value;
  }

  list<Type extends keyof ElementTypes>(key: string, type: Type): readonly ElementTypes[Type][] {
    const value = this.metadata.get(`tokenizer.ggml.${key}`);
    if (!Array.isArray(value)) return this.fail(key, 'is missing');
    if (value.some((element) => typeof element !== type)) return this.fail(key, `must be a list of ${type}s`);
    return value as ElementTypes[Type][];
  }

  /**
   * Without the names that llama.cpp's conversion makes up for rows of the matrices that have no token: two sizes of a
   * model may differ in these alone.
   */
  vocabulary(tokens: readonly string[], isMadeUp: (token: string, id: number) => boolean): object {
    const ids = new Map(tokens.map((token, id) => [token, id]));
    if (ids.size !== tokens.length) {
      const twice = tokens.find((token, id) => ids.get(token) !== id);
      return this.fail('tokens', `${JSON.stringify(twice)} is given twice`);
    }
    // Not by assignment: a token may be named __proto__.
    return Object.fromEntries([...ids].filter(([token, id]) => !isMadeUp(token, id)));
  }
}
