/**
 * Speed of the pipeline over a real nats-server and worker processes with simulated models, as a share of the
 * ideal on each run's own trace: `npx tsx bench/pipeline.ts [--target-ms 20] [--drafter-ms 2] [--acceptance 0.8]
 * [--targets 12] [--drafters 1] [--lookahead 4] [--tokens 500] [--seeds 5]
 * [--warm-up 12]`. Modes are interleaved; the first generations of each are not counted: processes compile their code
 * then, and fourteen of them on few cores keep each other waiting for minutes.
 */
import { parseArgs } from 'node:util';
import { compileEngineOptions } from '../infra/config/engine-options.js';
import { createEngine } from '../src/app/engine.js';
import { type MeasuredRun, RunRecorder } from '../src/app/experiments/measure-run.js';
import { idealDistributedMs, idealPlainMs, idealRoundsMs } from '../src/core/ideal.js';
import { silentLogger } from '../src/core/logger.js';
import { mean, median } from '../src/core/statistics.js';
import { measured } from './lib/measured.js';
import { processorTimes } from './lib/processor-time.js';

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
    'warm-up': { type: 'string', default: '12' },
    modes: { type: 'string', default: 'none,si,dsi' },
  },
});

interface Row {
  readonly run: MeasuredRun;
  readonly share: number;
  /** Processor milliseconds per token, by kind of process; a simulated pass itself uses none. */
  readonly processorMs: ReadonlyMap<string, number>;
}

type Mode = MeasuredRun['mode'];

const tokens = Number(values.tokens);
const targets = Number(values.targets);
const lookahead = Number(values.lookahead);
const recorder = new RunRecorder();

const engine = await createEngine(
  compileEngineOptions({
    model: `sim:target?ms=${values['target-ms']}`,
    drafter: `sim:drafter?ms=${values['drafter-ms']}&acceptance=${values.acceptance}`,
    targets,
    drafters: Number(values.drafters),
  }),
  { logger: silentLogger, trace: recorder.sink },
);

const rows: Row[] = [];
const warmUp = Number(values['warm-up']);
for (let seed = -warmUp; seed < Number(values.seeds); seed++) {
  for (const mode of values.modes.split(',')) {
    if (mode !== 'none' && mode !== 'si' && mode !== 'dsi') throw new Error(`unknown mode ${mode}`);
    const row = await measure(mode, seed + warmUp);
    if (seed >= 0) rows.push(row);
  }
}
await engine.close();

for (const mode of values.modes.split(',')) {
  const mine = rows.filter(({ run }) => run.mode === mode);
  const shares = mine.map(({ share }) => `${(100 * share).toFixed(1)}`).join(' ');
  const perToken = mean(mine.map(({ run }) => run.ms / run.tokens)).toFixed(3);
  const [jobMs, verdictMs, draftGapMs] = (['jobMs', 'verdictMs', 'draftGapMs'] as const).map((kind) =>
    median(mine.map(({ run }) => run.hops[kind])).toFixed(2),
  );
  const processor = [...(mine[0]?.processorMs.keys() ?? [])]
    .map((kind) => `${kind} ${mean(mine.map(({ processorMs }) => processorMs.get(kind) ?? 0)).toFixed(2)}`)
    .join(' ');
  const [targetMs, drafterMs] = (['targetMs', 'drafterMs'] as const).map((kind) =>
    mean(mine.map(({ run }) => run.trace[kind])).toFixed(3),
  );
  measured(`${mode}, share of its ideal speed`, 100 * mean(mine.map(({ share }) => share)), '%');
  measured(`${mode}, time`, mean(mine.map(({ run }) => run.ms / run.tokens)), 'ms per token');
  console.log(
    `${mode.padEnd(5)} ${(100 * mean(mine.map(({ share }) => share))).toFixed(1)} % of ideal (${shares})  ` +
      `${perToken} ms/token  T ${targetMs} c ${drafterMs}  hops ${jobMs} ${verdictMs} gap ${draftGapMs}  cpu ${processor}`,
  );
}

async function measure(mode: Mode, seed: number): Promise<Row> {
  const before = processorTimes();
  const run = await recorder.measure(
    engine,
    {
      prompt: 'the old sailor',
      mode,
      temperature: 1,
      seed,
      maxTokens: tokens,
      ...(mode === 'none' ? {} : { lookahead: mode === 'si' ? lookahead : 1 }),
    },
    new AbortController().signal,
  );
  return {
    run,
    share: idealMs(run) / run.ms,
    processorMs: new Map(
      [...processorTimes()].map(([kind, ms]) => [kind, (ms - (before.get(kind) ?? 0)) / tokens]),
    ),
  };
}

function idealMs({ mode, trace }: MeasuredRun): number {
  if (mode === 'none') return idealPlainMs(trace);
  return mode === 'si'
    ? idealRoundsMs(trace, lookahead)
    : idealDistributedMs(trace, { lookahead: 1, targets });
}
