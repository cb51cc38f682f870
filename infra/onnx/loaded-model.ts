import { createHash } from 'node:crypto';
import {
  BusyError,
  errorMessage,
  InvalidOptionError,
  ModelFormatError,
  UnavailableError,
} from '../../src/core/errors.js';
import { type Logger, silentLogger } from '../../src/core/logger.js';
import type { LoadedModel, ModelInfo, Sequence, SequenceOptions } from '../../src/core/model.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import { Decoder } from './decoder.js';
import { type DecoderGraphInfo, inspectDecoderGraph } from './decoder-graph-info.js';
import { floatKernelHash } from './float-kernels.js';
import type { ByteType } from './graph/build-options.js';
import { integerProductsAreExact } from './integer-products.js';
import { findKvKind } from './kv-kind.js';
import { readModelFiles } from './model-files.js';
import { OnnxSequence, type SequenceContext } from './onnx-sequence.js';
import { ProbePath } from './probe-path.js';
import type { Provider } from './provider.js';
import { createSession, type InferenceSession, RUNTIME_VERSION } from './runtime.js';
import { measureDrafter, testTarget } from './self-test.js';
import { checkVocabulary } from './vocabulary-check.js';
import type { VocabularyRows } from './vocabulary-rows.js';

export interface OnnxModelOptions {
  /** A folder with model.onnx (or onnx/model.onnx), or the file. */
  readonly path: string;
  /** The name the user gave. */
  readonly name: string;
  /** A drafter is not padded and may have dynamic quantisation: nothing depends on its bits. Default target. */
  readonly role?: 'target' | 'drafter';
  readonly tokenizerHash: string;
  /** The model's context as its configuration says. */
  readonly contextTokens: number;
  /** The tokenizer's, where it is smaller than the graph's: ids beyond it are neither taken nor picked. */
  readonly vocabularySize?: number;
  /** Of a drafter that knows only some ids. A target must know all. */
  readonly rows?: VocabularyRows | undefined;
  /** Processor threads of one pass, at least 1. */
  readonly threads: number;
  /** Most open sequences, at least 1; one that was closed during its pass keeps its memory until that has ended. */
  readonly slots: number;
  readonly scheduler: Scheduler;
  /** Default cpu. One that is not there is replaced by cpu, with a warning. */
  readonly provider?: Provider;
  readonly logger?: Logger;
  /** Whether products with 8-bit weights of a type are exact here; default: tried once per process. */
  readonly productsAreExact?: (weights: ByteType) => Promise<boolean>;
  /** What tells float kernels of processors apart, in a target's fingerprint; default: found once per process. */
  readonly kernelHash?: () => Promise<string>;
  /** For tests that must see equality fail: passes of one token run as they are, whatever that does to their bits. */
  readonly unsafeWithoutPadding?: boolean;
}

/** What the self-test needs. */
const SHORTEST_CONTEXT = 16;

/** How a model turned out to run, besides what everybody needs to know. */
export interface OnnxModel extends LoadedModel {
  readonly provider: Provider;
}

/**
 * Loads a decoder and tests it; blocks the thread meanwhile. Throws ModelNotFoundError, InvalidOptionError, or
 * ModelFormatError for a graph that cannot be run (exactly, for a target), saying what and where.
 */
export async function loadOnnxModel(options: OnnxModelOptions): Promise<OnnxModel> {
  const { name, scheduler, slots, threads } = options;
  const role = options.role ?? 'target';
  if (!Number.isInteger(slots) || slots < 1)
    throw new InvalidOptionError('slots', slots, 'an integer from 1');
  if (!Number.isInteger(threads) || threads < 1)
    throw new InvalidOptionError('threads', threads, 'an integer from 1');
  const files = await readModelFiles(options.path);
  const graph = inspectDecoderGraph(files.model, files.path, role);
  const { productsAreExact = integerProductsAreExact, kernelHash = floatKernelHash } = options;
  const { byteWeights } = graph;
  if (graph.builtHere && byteWeights !== undefined && !(await productsAreExact(byteWeights)))
    throw new ModelFormatError(
      files.path,
      `its products with ${byteWeights} weights are not exact on this processor: import it again here, with --weights auto`,
    );
  const { session, provider } = await openSession(files.path, options);
  try {
    const kvKind = await findKvKind(session, graph);
    const decoder = new Decoder(session, graph, kvKind);
    const { rows } = options;
    if (rows !== undefined && role === 'target')
      throw new ModelFormatError(files.path, `knows only ${rows.rows} ids: it can draft, but not verify`);
    const graphRows = await findVocabularySize(decoder, rows?.rows ?? options.vocabularySize, files.path);
    const vocabularySize = rows === undefined ? graphRows : (options.vocabularySize ?? rows.vocabularySize);
    const contextTokens = usableContext(graph, options.contextTokens, role, files.path);
    const testOptions = { decoder, vocabularySize: graphRows, contextTokens, now: () => scheduler.now() };
    const test =
      role === 'drafter'
        ? await measureDrafter(testOptions)
        : await testTarget(testOptions, options.unsafeWithoutPadding ? 1 : undefined);
    const info: ModelInfo = {
      name,
      vocabularySize,
      contextTokens,
      fingerprint: fingerprint([
        files.hash,
        graph.producer,
        RUNTIME_VERSION,
        provider,
        kvKind,
        vocabularySize,
        test.probeHash,
        ...(role === 'target' ? [await kernelHash()] : []),
      ]),
      numerics: provider === 'cpu' ? test.numerics : 'relaxed',
      tokenizerHash: options.tokenizerHash,
      forwardTimes: test.forwardTimes,
      maxChunkTokens: test.maxChunkTokens,
      blocking: true,
    };
    return new OnnxLoadedModel(info, provider, slots, { decoder, padding: test.padding, rows, scheduler });
  } catch (error) {
    await session.release();
    throw error;
  }
}

class OnnxLoadedModel implements OnnxModel {
  /** Those that take a slot. */
  private readonly open = new Set<Sequence>();
  /** Those whose memory is in use: the open ones, and what was closed during its pass until that has ended. */
  private readonly held = new Set<Sequence>();
  private readonly context: SequenceContext;
  private closing: Promise<void> | undefined;
  private onAllReleased: (() => void) | undefined;

  constructor(
    readonly info: ModelInfo,
    readonly provider: Provider,
    private readonly slots: number,
    parts: Pick<SequenceContext, 'decoder' | 'padding' | 'rows' | 'scheduler'>,
  ) {
    this.context = {
      ...parts,
      vocabularySize: info.vocabularySize,
      maxChunkTokens: info.maxChunkTokens,
      onClosed: (sequence) => this.open.delete(sequence),
      onReleased: (sequence) => {
        this.held.delete(sequence);
        if (this.held.size === 0) this.onAllReleased?.();
      },
    };
  }

  openSequence(options: SequenceOptions): Sequence {
    if (this.closing !== undefined) throw new UnavailableError(`model ${this.info.name} is closed`);
    const { contextTokens } = this.info;
    const { capacityTokens } = options;
    if (!Number.isInteger(capacityTokens) || capacityTokens < 1 || capacityTokens > contextTokens)
      throw new InvalidOptionError('capacityTokens', capacityTokens, `an integer 1..${contextTokens}`);
    if (this.open.size >= this.slots)
      throw new BusyError(`all ${this.slots} slots of ${this.info.name} are taken`);
    const sequence = new OnnxSequence(this.context, options);
    this.open.add(sequence);
    this.held.add(sequence);
    return sequence;
  }

  /** Closes all sequences, waits for a pass that is under way and frees the weights. */
  close(): Promise<void> {
    this.closing ??= this.release();
    return this.closing;
  }

  private async release(): Promise<void> {
    for (const sequence of [...this.open]) sequence.close();
    if (this.held.size > 0) {
      await new Promise<void>((resolve) => {
        this.onAllReleased = resolve;
      });
    }
    await this.context.decoder.release();
  }
}

async function openSession(
  path: string,
  options: OnnxModelOptions,
): Promise<{ session: InferenceSession; provider: Provider }> {
  const { threads, provider = 'cpu', logger = silentLogger } = options;
  try {
    return { session: await createSession(path, { threads, provider }), provider };
  } catch (error) {
    if (provider === 'cpu') {
      const reason = errorMessage(error).trim().replaceAll('\n', ' ');
      throw new ModelFormatError(path, `onnxruntime cannot load it: ${reason}`, { cause: error });
    }
    logger.warn({ provider, reason: errorMessage(error) }, 'Provider is not available, running on the CPU');
    return openSession(path, { ...options, provider: 'cpu' });
  }
}

/** Runs one pass where the graph does not say how many logits it returns. */
async function findVocabularySize(
  decoder: Decoder,
  wanted: number | undefined,
  where: string,
): Promise<number> {
  let size = decoder.info.vocabularySize;
  if (size === undefined) {
    const path = new ProbePath(decoder);
    size = (await path.feed([0, 0], 2, 1))[0]?.length ?? 0;
    path.close();
  }
  const { embeddingRows } = decoder.info;
  if (wanted !== undefined) checkVocabulary({ embeddingRows, vocabularySize: size }, wanted, where);
  return wanted ?? size;
}

/** The throw-away token of a target's padded pass takes a position of its own. */
function usableContext(
  graph: DecoderGraphInfo,
  contextTokens: number,
  role: 'target' | 'drafter',
  where: string,
): number {
  const spare = role === 'target' ? 1 : 0;
  const usable = Math.min(contextTokens, (graph.rotaryPositions ?? contextTokens) - spare);
  if (usable < SHORTEST_CONTEXT)
    throw new ModelFormatError(
      where,
      `its context is ${usable} tokens, but must be at least ${SHORTEST_CONTEXT}`,
    );
  return usable;
}

function fingerprint(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
