import { z } from 'zod';

const MAX_TOKEN_ID = 10_000_000;

/**
 * The parts of Hugging Face's tokenizer.json that byte-level BPE uses. Fields that would change the ids in a way
 * that is not implemented are literals, so that such a tokenizer is refused by name.
 */
const splitSchema = z.object({
  type: z.literal('Split'),
  pattern: z.union([z.object({ Regex: z.string() }), z.object({ String: z.string() })]),
  behavior: z.enum(['Isolated', 'Removed']),
  invert: z.boolean(),
});
const digitsSchema = z.object({ type: z.literal('Digits'), individual_digits: z.boolean() });
const byteLevelSchema = z.object({
  type: z.literal('ByteLevel'),
  add_prefix_space: z.literal(false, 'add_prefix_space is not supported'),
  use_regex: z.boolean().default(true),
});
const stepSchema = z.discriminatedUnion('type', [splitSchema, digitsSchema, byteLevelSchema]);

export const preTokenizerSchema = z.discriminatedUnion('type', [
  byteLevelSchema,
  z.object({ type: z.literal('Sequence'), pretokenizers: z.array(stepSchema).min(1) }),
]);

/** `single`, of a TemplateProcessing: special tokens around a text. */
const processorSchema = z.looseObject({
  type: z.string(),
  single: z.array(z.record(z.string(), z.looseObject({ id: z.unknown() }))).optional(),
});

const unicodeFormSchema = z.object({ type: z.enum(['NFC', 'NFD', 'NFKC', 'NFKD']) });

export const tokenizerJsonSchema = z.object({
  added_tokens: z.array(
    z.object({
      id: z.int().min(0).max(MAX_TOKEN_ID),
      content: z.string().min(1),
      special: z.boolean().default(false),
      single_word: z.literal(false, 'single_word is not supported').default(false),
      lstrip: z.boolean().default(false),
      rstrip: z.boolean().default(false),
    }),
  ),
  normalizer: unicodeFormSchema.nullish(),
  pre_tokenizer: preTokenizerSchema,
  post_processor: processorSchema.extend({ processors: z.array(processorSchema).optional() }).nullish(),
  decoder: z.object({ type: z.literal('ByteLevel', 'only ByteLevel decoders are supported') }),
  model: z.object({
    type: z.literal('BPE', 'only BPE tokenizers are supported'),
    vocab: z.custom<Readonly<Record<string, number>>>(isVocabulary, 'must give each token an id'),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
    ignore_merges: z.boolean().nullish(),
    byte_fallback: z.literal(false, 'byte_fallback is not supported').nullish(),
    dropout: z.null('dropout is not supported').optional(),
    continuing_subword_prefix: z.union([z.literal(''), z.null()]).optional(),
    end_of_word_suffix: z.union([z.literal(''), z.null()]).optional(),
  }),
});

/** Checked in place: a schema for records would drop a token named `__proto__`. */
function isVocabulary(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((id) => Number.isInteger(id) && id >= 0 && id <= MAX_TOKEN_ID);
}

export type TokenizerJson = z.infer<typeof tokenizerJsonSchema>;

const tokenNameSchema = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();

export const tokenizerConfigSchema = z.looseObject({
  add_bos_token: z.boolean().nullish(),
  bos_token: tokenNameSchema,
  eos_token: tokenNameSchema,
  chat_template: z
    .union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))])
    .nullish(),
});

export type TokenizerConfig = z.infer<typeof tokenizerConfigSchema>;

/** Name of a token that the configuration gives as text or as an object. */
export function configuredToken(value: z.infer<typeof tokenNameSchema>): string | undefined {
  return typeof value === 'string' ? value : (value?.content ?? undefined);
}

const endTokensSchema = z.union([z.int().min(0), z.array(z.int().min(0))]).nullish();

/** What both config.json and generation_config.json may say about the end of a text. */
export const endTokenConfigSchema = z.looseObject({ eos_token_id: endTokensSchema });
