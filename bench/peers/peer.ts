import { z } from 'zod';

/** Which engine a peer's process opens, and how. All have the same weights and as many threads as there are cores. */
export const openingSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('slipstream'),
    drafter: z.string().optional(),
    /** Of each worker. Default: the engine's. */
    threads: z.int().optional(),
  }),
  z.object({
    kind: z.literal('llama.cpp'),
    gguf: z.string(),
    predictor: z.enum(['none', 'lookup', 'draft']),
    draftGguf: z.string().optional(),
  }),
  z.object({ kind: z.literal('onnxruntime'), folder: z.string() }),
  z.object({ kind: z.literal('transformers.js'), folder: z.string() }),
]);
export type Opening = z.infer<typeof openingSchema>;

export const decodeRequestSchema = z.object({
  ids: z.array(z.int()),
  tokens: z.int(),
  /** How Slipstream decodes; others know one way. */
  mode: z.enum(['auto', 'none', 'si', 'dsi']).optional(),
  lookahead: z.int().optional(),
});
export type DecodeRequest = z.infer<typeof decodeRequestSchema>;

/** Where Slipstream's time went. */
export const breakdownSchema = z.object({
  plannedMode: z.string(),
  lookahead: z.number(),
  /** Decided drafts that were right, and all that were decided. */
  accepted: z.number(),
  decided: z.number(),
  targetPasses: z.number(),
  /** Mean milliseconds of a target's pass, and of a drafter's for one token. */
  targetMs: z.number(),
  drafterMs: z.number(),
  /** Milliseconds by what was going on, as `summariseTrace` says. */
  passMs: z.number(),
  busMs: z.number(),
  waitingMs: z.number(),
  wastedMs: z.number(),
  /** Share of the ideal speed, see `shareOfIdeal`; not of `auto`, which has several modes in a text. */
  ofIdeal: z.number().optional(),
});
export type Breakdown = z.infer<typeof breakdownSchema>;

export const decodedSchema = z.object({
  ids: z.array(z.int()),
  /** From the request to the first token. */
  firstTokenMs: z.number(),
  /** From the first token to the last. */
  decodeMs: z.number(),
  accepted: z.number().optional(),
  decided: z.number().optional(),
  breakdown: breakdownSchema.optional(),
});
export type Decoded = z.infer<typeof decodedSchema>;

/** What the parent sends to a peer's process. */
export const commandSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('open'), opening: openingSchema }),
  z.object({ type: z.literal('decode'), request: decodeRequestSchema }),
  z.object({ type: z.literal('close') }),
]);
export type Command = z.infer<typeof commandSchema>;

/** What it answers; one answer a command. */
export const answerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('done'), decoded: decodedSchema.optional() }),
  z.object({ type: z.literal('failed'), message: z.string() }),
]);
export type Answer = z.infer<typeof answerSchema>;

/** An engine that decodes greedily, one text at a time, past end tokens, without anything kept from text to text. */
export interface Peer {
  decode(request: DecodeRequest): Promise<Decoded>;
  close(): Promise<void>;
}

/** Takes the times of tokens as they come. */
export class TokenTimes {
  private readonly ids: number[] = [];
  private readonly startedAt = performance.now();
  private firstAt = Number.NaN;
  private lastAt = Number.NaN;

  push(id: number): void {
    this.lastAt = performance.now();
    if (this.ids.length === 0) this.firstAt = this.lastAt;
    this.ids.push(id);
  }

  get count(): number {
    return this.ids.length;
  }

  finish(): Decoded {
    return {
      ids: this.ids,
      firstTokenMs: this.firstAt - this.startedAt,
      decodeMs: this.lastAt - this.firstAt,
    };
  }
}
