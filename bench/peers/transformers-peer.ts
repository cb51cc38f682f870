import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCommonGraph } from './common-graph.js';
import { type Peer, TokenTimes } from './peer.js';

/** The part of @huggingface/transformers that is used here. */
interface TransformersLibrary {
  readonly env: { allowRemoteModels: boolean };
  readonly Tensor: new (type: 'int64', data: BigInt64Array, dims: readonly number[]) => object;
  readonly BaseStreamer: new () => object;
  readonly AutoModelForCausalLM: {
    from_pretrained(folder: string, options: object): Promise<TransformersModel>;
  };
}

interface TransformersModel {
  generate(options: object): Promise<unknown>;
  dispose(): Promise<unknown>;
}

/** transformers.js on our graph, rewritten to what it reads. */
export async function openTransformers(folder: string): Promise<Peer> {
  const name = '@huggingface/transformers';
  const { env, Tensor, BaseStreamer, AutoModelForCausalLM } = (await import(name)) as TransformersLibrary;
  env.allowRemoteModels = false;
  const common = mkdtempSync(join(tmpdir(), 'slipstream-peer-'));
  let model: TransformersModel;
  try {
    await writeCommonGraph(folder, common);
    model = await AutoModelForCausalLM.from_pretrained(common, {
      local_files_only: true,
      dtype: 'fp32',
      device: 'cpu',
      session_options: { intraOpNumThreads: availableParallelism(), logSeverityLevel: 3 },
    });
  } finally {
    rmSync(common, { recursive: true });
  }

  class Streamer extends BaseStreamer {
    /** The prompt comes first, whole. */
    private seenPrompt = false;
    constructor(private readonly times: TokenTimes) {
      super();
    }
    put([ids = []]: bigint[][]): void {
      if (this.seenPrompt) for (const id of ids) this.times.push(Number(id));
      this.seenPrompt = true;
    }
    end(): void {}
  }
  return {
    decode: async ({ ids, tokens }) => {
      const inputs = new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]);
      const times = new TokenTimes();
      await model.generate({
        inputs,
        max_new_tokens: tokens,
        do_sample: false,
        // No id has this number: the text goes on past end tokens.
        eos_token_id: -1,
        streamer: new Streamer(times),
      });
      return times.finish();
    },
    close: async () => {
      await model.dispose();
    },
  };
}
