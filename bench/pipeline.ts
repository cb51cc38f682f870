/**
 * Speed of the pipeline over a real nats-server and worker processes with simulated models, as a share of the
 * ideal on each run's own trace: `npx tsx bench/pipeline.ts [--target-ms 20] [--drafter-ms 2] [--acceptance 0.8]
 * [--targets 12] [--drafters 1] [--lookahead 4] [--tokens 500] [--seeds 5]
 * [--warm-up 2]`. Modes are interleaved; the first generations of each are not counted: processes compile their code
 * then.
 */
import { parseArgs } from 'node:util';
import { compileEngineOptions } from '../infra/config/engine-options.js';
import { createEngine, type Engine } from '../src/app/engine.js';
import type { GenerationHandle } from '../src/core/engine.js';
import { silentLogger } from '../src/core/logger.js';
import type { TraceEvent } from '../src/core/trace.js';
import { idealDistributedMs, idealPlainMs, idealRoundsMs, type RunTrace } from './lib/ideal.js';
import { processorTimes } from './lib/processor-time.js';
import { mean, median } from './lib/statistics.js';

const { values } = parseArgs({
  options: {
    'target-ms': { type: 'string', default: '20' },
    'drafter-ms': { type: 'string', default: '2' },
    acceptance: { type: 'string', default: '0.8' },
    targets: { type: 'string', default: '12' },
    drafters: { type: 'string', default: '1' },
    lookahead: { type: 'string', default: '4' },
    tokens: { type: 'string', default: '500' },
    seeds: { type: 'string', default: '5' },
    'warm-up': { type: 'string', default: '2' },
    modes: { type: 'string', default: 'none,si,dsi' },
  },
});

interface Row {
  readonly mode: string;
  readonly share: number;
  readonly msPerToken: number;
  readonly targetMs: number;
  readonly drafterMs: number;
  /** From a job's publish to the start of the pass that serves it, when the target was idle. */
  readonly jobHopMs: number;
  /** From a pass's end to its verdict in the controller. */
  readonly verdictHopMs: number;
  /** From the end of the drafter's pass to the next one's start, while it drafts. */
  readonly draftGapMs: number;
  /** Processor milliseconds per token, by kind of process; a simulated pass itself uses none. */
  readonly processorMs: ReadonlyMap<string, number>;
}

const tokens = Number(values.tokens);
const lookahead = Number(values.lookahead);
let events: TraceEvent[] = [];

const engine = await createEngine(
  compileEngineOptions({
    model: `sim:target?ms=${values['target-ms']}`,
    drafter: `sim:drafter?ms=${values['drafter-ms']}&acceptance=${values.acceptance}`,
    targets: Number(values.targets),
    drafters: Number(values.drafters),
  }),
  { logger: silentLogger, trace: (event) => events.push(event) },
);

const rows: Row[] = [];
const warmUp = Number(values['warm-up']);
for (let seed = -warmUp; seed < Number(values.seeds); seed++) {
  for (const mode of values.modes.split(',')) {
    if (mode !== 'none' && mode !== 'si' && mode !== 'dsi') throw new Error(`unknown mode ${mode}`);
    const row = await measure(engine, mode, seed + warmUp);
    if (seed >= 0) rows.push(row);
  }
}
await engine.close();

for (const mode of values.modes.split(',')) {
  const mine = rows.filter((row) => row.mode === mode);
  const shares = mine.map(({ share }) => `${(100 * share).toFixed(1)}`).join(' ');
  const perToken = mean(mine.map(({ msPerToken }) => msPerToken)).toFixed(3);
  const hops = `hops ${median(mine.map(({ jobHopMs }) => jobHopMs)).toFixed(2)} ${median(mine.map(({ verdictHopMs }) => verdictHopMs)).toFixed(2)} gap ${median(mine.map(({ draftGapMs }) => draftGapMs)).toFixed(2)}`;
  const processor = [...(mine[0]?.processorMs.keys() ?? [])]
    .map((kind) => `${kind} ${mean(mine.map(({ processorMs }) => processorMs.get(kind) ?? 0)).toFixed(2)}`)
    .join(' ');
  const passes = `T ${mean(mine.map(({ targetMs }) => targetMs)).toFixed(3)} c ${mean(mine.map(({ drafterMs }) => drafterMs)).toFixed(3)}`;
  console.log(
    `${mode.padEnd(5)} ${(100 * mean(mine.map(({ share }) => share))).toFixed(1)} % of ideal (${shares})  ${perToken} ms/token  ${passes}  ${hops}  cpu ${processor}`,
  );
}

async function measure(on: Engine, mode: 'none' | 'si' | 'dsi', seed: number): Promise<Row> {
  events = [];
  const before = processorTimes();
  const handle = await on.create({
    prompt: 'the old sailor',
    mode,
    temperature: 1,
    seed,
    maxTokens: tokens,
    ...(mode === 'none' ? {} : { lookahead: mode === 'si' ? lookahead : 1 }),
  });
  const result = await ended(handle);
  const trace: RunTrace = {
    drafted: handle.log.tokens.map(({ drafted }) => drafted),
    targetMs: passMean('pass', 1),
    drafterMs: mode === 'none' ? 0 : passMean('draft', 0),
  };
  const ideal =
    mode === 'none'
      ? idealPlainMs(trace)
      : mode === 'si'
        ? idealRoundsMs(trace, lookahead)
        : idealDistributedMs(trace);
  return {
    mode,
    share: ideal / result.predictedMs,
    msPerToken: result.predictedMs / (tokens - 1),
    targetMs: trace.targetMs,
    drafterMs: trace.drafterMs,
    ...hopTimes(),
    processorMs: new Map(
      [...processorTimes()].map(([kind, ms]) => [kind, (ms - (before.get(kind) ?? 0)) / tokens]),
    ),
  };
}

function hopTimes(): Pick<Row, 'jobHopMs' | 'verdictHopMs' | 'draftGapMs'> {
  const sent = new Map<unknown, number>();
  const ends = new Map<unknown, number>();
  const jobHops: number[] = [];
  const verdictHops: number[] = [];
  const gaps: number[] = [];
  let lastDraftEnd: number | undefined;
  for (const event of events) {
    const job = event.data?.job;
    if (event.kind === 'job') sent.set(job, event.startMs);
    else if (event.kind === 'pass' && event.endMs !== undefined) {
      const sentAt = sent.get(job);
      if (sentAt !== undefined) jobHops.push(event.startMs - sentAt);
      sent.delete(job);
      ends.set(job, event.endMs);
    } else if (event.kind === 'verdict') verdictHops.push(event.startMs - (ends.get(job) ?? event.startMs));
    else if (event.kind === 'draft' && event.endMs !== undefined) {
      if (lastDraftEnd !== undefined) gaps.push(event.startMs - lastDraftEnd);
      lastDraftEnd = event.endMs;
    }
  }
  return { jobHopMs: median(jobHops), verdictHopMs: median(verdictHops), draftGapMs: median(gaps) };
}

function passMean(kind: 'pass' | 'draft', perPass: number): number {
  let total = 0;
  let count = 0;
  for (const event of events) {
    if (event.kind !== kind || event.endMs === undefined) continue;
    total += event.endMs - event.startMs;
    const ids = event.data?.ids;
    count += perPass === 1 || !Array.isArray(ids) ? 1 : ids.length;
  }
  return total / count;
}

function ended(handle: GenerationHandle): Promise<{ predictedMs: number }> {
  return new Promise((resolve, reject) => {
    const check = () => {
      const { end } = handle.log;
      if (end === undefined) return;
      if (end.outcome === 'completed') resolve(end.result.timings);
      else reject(new Error(`generation ${end.outcome}`));
    };
    handle.log.watch(check);
    check();
  });
}
