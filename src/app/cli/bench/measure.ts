import { createRealScheduler } from '../../../../infra/clock/real-scheduler.js';
import type { GenerationService } from '../../../core/engine.js';
import type { RequestMode } from '../../../core/generation.js';
import { InterruptedError } from '../interrupt.js';
import type { CliIo } from '../io.js';
import { runGeneration } from '../run-generation.js';
import type { SpeedSample } from './speeds.js';
import { type Effort, PROMPTS } from './workload.js';

/** An engine with workers of its own for each drafter; `none` for plain decoding with all cores. */
export interface Contender {
  readonly drafter: string;
  readonly service: GenerationService;
}

const WARM_UP_TOKENS = 16;

/**
 * Generations of all prompts by all contenders in all modes, interleaved, in rounds as long as `budgetMs` lasts. Throws
 * InterruptedError after Ctrl-C, and whatever a generation failed with.
 */
export async function measureSpeeds(
  contenders: readonly Contender[],
  { tokens, mostRounds }: Effort,
  budgetMs: number,
  io: CliIo,
  onSample: () => void,
): Promise<SpeedSample[]> {
  const { now } = createRealScheduler();
  const startedAtMs = now();
  const samples: SpeedSample[] = [];
  const ways = contenders.flatMap(({ drafter, service }) =>
    modesOf(drafter).map((mode) => ({ drafter, service, mode })),
  );
  // Processes compile their code in the first generations.
  for (const { service, mode } of ways) await generate(service, PROMPTS.code, mode, WARM_UP_TOKENS, io);
  let roundMs = 0;
  for (let round = 0; round < mostRounds; round++) {
    const roundAtMs = now();
    if (round > 0 && roundAtMs + roundMs > startedAtMs + budgetMs) break;
    for (const [prompt, text] of Object.entries(PROMPTS)) {
      for (const { drafter, service, mode } of ways) {
        const { timings, speculation } = await generate(service, text, mode, tokens, io);
        samples.push({
          drafter,
          mode,
          prompt,
          round,
          tokensPerSecond: (1000 * (timings.predictedTokens - 1)) / timings.predictedMs,
          firstTokenMs: timings.promptMs,
          acceptance: speculation.acceptance,
          plan: speculation.plan,
        });
        onSample();
      }
    }
    roundMs = now() - roundAtMs;
  }
  return samples;
}

function modesOf(drafter: string): readonly RequestMode[] {
  return drafter === 'none' ? ['none'] : ['si', 'dsi', 'auto'];
}

async function generate(
  service: GenerationService,
  prompt: string,
  mode: RequestMode,
  maxTokens: number,
  io: CliIo,
) {
  const request = { prompt, mode, maxTokens, ignoreEndTokens: true, seed: 0 };
  const { end } = await runGeneration(service, request, io, () => {});
  if (end.outcome === 'failed') throw end.error;
  if (end.outcome === 'cancelled') throw new InterruptedError('interrupted');
  return end.result;
}
