/** The part of node-llama-cpp that is used here: it is installed in this folder only, see README.md. */
export interface LlamaModel {
  tokenize(text: string, specialTokens: boolean): number[];
  createContext(options: { contextSize: number; sequences: number; threads?: number }): Promise<LlamaContext>;
  dispose(): Promise<void>;
}

interface LlamaContext {
  getSequence(): LlamaSequence;
  dispose(): Promise<void>;
}

type ControlledInput = number | [token: number, options: { generateNext: { token: boolean } }];

interface LlamaSequence {
  controlledEvaluate(input: ControlledInput[]): Promise<({ next: { token?: number } } | undefined)[]>;
}

interface LlamaLibrary {
  getLlama(options: { gpu: false; build: 'never' }): Promise<{
    loadModel(options: { modelPath: string; vocabOnly?: boolean }): Promise<LlamaModel>;
    dispose(): Promise<void>;
  }>;
}

/** Loads a GGUF file into llama.cpp on the CPU. */
export async function loadLlamaModel(modelPath: string): Promise<LlamaModel> {
  const name = 'node-llama-cpp';
  const library = (await import(name)) as LlamaLibrary;
  const llama = await library.getLlama({ gpu: false, build: 'never' });
  return llama.loadModel({ modelPath });
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
