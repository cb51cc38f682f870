import type { GgufWriterInput, GgufWriterTensor, GgufWriterValue } from './gguf-writer.js';

const chatTemplate =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/** The 256 characters that stand for bytes in byte-level vocabularies, in the order of GPT-2. */
function byteCharacters(): string[] {
  const characters: string[] = [];
  let extra = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    characters.push(String.fromCodePoint(printable ? byte : extra++));
  }
  return characters;
}

const merges = [
  'h e',
  'l l',
  'he ll',
  'hell o',
  'Ġ w',
  'o r',
  'Ġw or',
  'l d',
  'Ġwor ld',
  'Ġ Ġ',
  'a a',
  'aa aa',
];

/** A complete Llama decoder of 2 layers, width 32, with a byte-level vocabulary: deterministic weights. */
export function tinyGguf(changes: Readonly<Record<string, GgufWriterValue>> = {}): GgufWriterInput {
  const tokens = ['<|endoftext|>', '<|im_start|>', '<|im_end|>', ...byteCharacters()];
  for (const merge of merges) tokens.push(merge.replace(' ', ''));
  while (tokens.length % 32 !== 0) tokens.push(`<|unused_${tokens.length}|>`);
  const types = tokens.map((token) => (token.startsWith('<|') ? 3 : 1));
  const metadata: Record<string, GgufWriterValue> = {
    'general.architecture': { type: 'string', value: 'llama' },
    'general.name': { type: 'string', value: 'Tiny' },
    'llama.block_count': { type: 'uint32', value: 2 },
    'llama.context_length': { type: 'uint32', value: 128 },
    'llama.embedding_length': { type: 'uint32', value: 32 },
    'llama.feed_forward_length': { type: 'uint32', value: 64 },
    'llama.attention.head_count': { type: 'uint32', value: 2 },
    'llama.attention.head_count_kv': { type: 'uint32', value: 1 },
    'llama.attention.layer_norm_rms_epsilon': { type: 'float32', value: 1e-5 },
    'llama.rope.freq_base': { type: 'float32', value: 10_000 },
    'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
    'tokenizer.ggml.pre': { type: 'string', value: 'smollm' },
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
    'tokenizer.ggml.token_type': { type: 'int32s', value: types },
    'tokenizer.ggml.merges': { type: 'strings', value: merges },
    'tokenizer.ggml.bos_token_id': { type: 'uint32', value: 1 },
    'tokenizer.ggml.eos_token_id': { type: 'uint32', value: 2 },
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: false },
    'tokenizer.chat_template': { type: 'string', value: chatTemplate },
    ...changes,
  };
  return { metadata, tensors: tinyTensors(tokens.length) };
}

function tinyTensors(vocabulary: number): GgufWriterTensor[] {
  let state = 12345;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const f32 = (name: string, shape: readonly number[], value: () => number): GgufWriterTensor => {
    const elements = shape.reduce((a, b) => a * b, 1);
    const numbers = Float32Array.from({ length: elements }, value);
    return { name, shape, type: 0, bytes: new Uint8Array(numbers.buffer) };
  };
  const q8 = (name: string, columns: number, rows: number): GgufWriterTensor => {
    const bytes = new Uint8Array((columns / 32) * rows * 34);
    for (let block = 0; block < bytes.length; block += 34) {
      bytes[block + 1] = 0x1c; // half-precision 0.0039
      for (let i = 2; i < 34; i++) bytes[block + i] = Math.floor(next() * 255) & 255;
    }
    return { name, shape: [columns, rows], type: 8, bytes };
  };
  const tensors = [q8('token_embd.weight', 32, vocabulary), f32('output_norm.weight', [32], () => 1)];
  for (let layer = 0; layer < 2; layer++) {
    const at = (name: string): string => `blk.${layer}.${name}.weight`;
    tensors.push(
      f32(at('attn_norm'), [32], () => 1),
      f32(at('ffn_norm'), [32], () => 1),
    );
    tensors.push(q8(at('attn_q'), 32, 32), q8(at('attn_k'), 32, 16), q8(at('attn_v'), 32, 16));
    tensors.push(q8(at('attn_output'), 32, 32), q8(at('ffn_gate'), 32, 64), q8(at('ffn_up'), 32, 64));
    tensors.push(q8(at('ffn_down'), 64, 32));
  }
  return tensors;
}
