/** The part of node-llama-cpp that is used here: it is installed in this folder only, see README.md. */
export interface LlamaModel {
  tokenize(text: string, specialTokens: boolean): number[];
  createContext(options: { contextSize: number; sequences: number; threads?: number }): Promise<LlamaContext>;
  dispose(): Promise<void>;
}

interface LlamaContext {
  getSequence(options?: { tokenPredictor?: TokenPredictor }): LlamaSequence;
  dispose(): Promise<void>;
}

/** Guesses the next tokens; the library's own classes. */
type TokenPredictor = object;
interface LookupPredictor extends TokenPredictor {
  updateInputTokens(tokens: number[]): void;
}

type ControlledInput = number | [token: number, options: { generateNext: { token: boolean } }];

export interface LlamaSequence {
  /** Goes on until the caller leaves the loop. */
  evaluate(
    tokens: number[],
    options: { temperature: number; yieldEogToken: boolean },
  ): AsyncGenerator<number, void, void>;
  clearHistory(): Promise<void>;
  readonly tokenPredictions: { readonly validated: number; readonly refuted: number };
  controlledEvaluate(input: ControlledInput[]): Promise<({ next: { token?: number } } | undefined)[]>;
}

interface LlamaLibrary {
  getLlama(options: { gpu: false; build: 'never'; maxThreads?: number }): Promise<{
    loadModel(options: { modelPath: string; vocabOnly?: boolean }): Promise<LlamaModel>;
    dispose(): Promise<void>;
  }>;
  readonly InputLookupTokenPredictor: new () => LookupPredictor;
  readonly DraftSequenceTokenPredictor: new (draftSequence: LlamaSequence) => TokenPredictor;
}

export type LlamaDrafting =
  | { readonly predictor: 'none' | 'lookup' }
  | { readonly predictor: 'draft'; readonly draftPath: string };

/** A sequence of a model on the CPU, with one of the library's ways to guess ahead, its settings as they come. */
export interface DraftedSequence {
  readonly sequence: LlamaSequence;
  /** To be called with each prompt before it is evaluated. */
  readonly expect: (prompt: number[]) => void;
}

/** Loads a GGUF file into llama.cpp on the CPU. */
export async function loadLlamaModel(modelPath: string): Promise<LlamaModel> {
  const library = await importLibrary();
  const llama = await library.getLlama({ gpu: false, build: 'never' });
  return llama.loadModel({ modelPath });
}

/** Throws when a model cannot be loaded. */
export async function openDraftedSequence(
  modelPath: string,
  drafting: LlamaDrafting,
  size: { contextSize: number; threads: number },
): Promise<DraftedSequence> {
  const library = await importLibrary();
  // Without a most, the library counts what it takes for real cores.
  const llama = await library.getLlama({ gpu: false, build: 'never', maxThreads: size.threads });
  const contextOf = async (path: string) =>
    (await llama.loadModel({ modelPath: path })).createContext({ ...size, sequences: 1 });
  const context = await contextOf(modelPath);
  switch (drafting.predictor) {
    case 'none':
      return { sequence: context.getSequence(), expect: () => {} };
    case 'lookup': {
      const tokenPredictor = new library.InputLookupTokenPredictor();
      return {
        sequence: context.getSequence({ tokenPredictor }),
        expect: (prompt) => tokenPredictor.updateInputTokens(prompt),
      };
    }
    case 'draft': {
      const draftSequence = (await contextOf(drafting.draftPath)).getSequence();
      const tokenPredictor = new library.DraftSequenceTokenPredictor(draftSequence);
      return { sequence: context.getSequence({ tokenPredictor }), expect: () => {} };
    }
  }
}

async function importLibrary(): Promise<LlamaLibrary> {
  const name = 'node-llama-cpp';
  return (await import(name)) as LlamaLibrary;
}

/** llama.cpp's own next token after each of the last `want` prefixes of `tokens`. */
export async function greedyNext(
  model: LlamaModel,
  tokens: readonly number[],
  want: number,
): Promise<number[]> {
  const context = await model.createContext({ contextSize: tokens.length + 8, sequences: 1 });
  const first = tokens.length - want;
  const input = tokens.map(
    (token, i): ControlledInput => (i < first ? token : [token, { generateNext: { token: true } }]),
  );
  const outcome = await context.getSequence().controlledEvaluate(input);
  await context.dispose();
  return outcome.slice(first).map((entry) => entry?.next.token ?? -1);
}
