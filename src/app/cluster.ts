import { MemoryNetwork } from '../../infra/bus-memory/memory-network.js';
import { routeBus } from '../../infra/bus-routed/routed-bus.js';
import { createRealScheduler } from '../../infra/clock/real-scheduler.js';
import type { CompiledEngineOptions } from '../../infra/config/engine-options.js';
import type { CompiledWorkerOptions } from '../../infra/config/worker-options.js';
import { newWorkerId } from '../../infra/ids/random-ids.js';
import { startKeeper } from '../../infra/keeper/keeper.js';
import { compareTokenizers } from '../../infra/models/compare-tokenizers.js';
import { createNgramModel } from '../../infra/models/ngram-model.js';
import { openTokenizer, type TokenizerSource } from '../../infra/models/tokenizer-source.js';
import { TokenizerThread } from '../../infra/models/tokenizer-thread.js';
import { connectNatsBus } from '../../infra/nats/connect-bus.js';
import {
  type EmbeddedServer,
  type ProcessGuard,
  startNatsServer,
} from '../../infra/nats-server/embedded-server.js';
import { findNatsServer } from '../../infra/nats-server/find-binary.js';
import { AcceptanceBooks } from '../core/acceptance-book.js';
import type { Bus } from '../core/bus.js';
import { NoWorkerError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import type { Numerics } from '../core/model.js';
import type { ActorPorts } from '../core/ports.js';
import type { Scheduler } from '../core/scheduler.js';
import { createSubjects } from '../core/subjects.js';
import { TargetPool } from '../core/target-pool.js';
import type { Tokenizer } from '../core/tokenizer.js';
import { acceptsWorker } from './accepts-worker.js';
import type { ActorCharts } from './actor-options.js';
import { openCharts, type ProcessCharts } from './charts.js';
import { Closers } from './closers.js';
import type { EngineDeps } from './engine-deps.js';
import { checkSimModel, draftsAnyTokenizer, findModelTokenizer } from './load-model.js';
import { type LocalWorker, startLocalWorker } from './local-workers.js';
import { PromptEncoder } from './prompt-encoder.js';
import { SilenceWatch } from './silence-watch.js';
import { TargetPin } from './target-pin.js';
import { WorkerDirectory } from './worker-directory.js';
import { startWorkerHost, type WorkerHost, type WorkerHostOptions } from './worker-host.js';

/** How long remote workers may take to be heard of: they announce themselves every second. */
const REMOTE_WORKERS_MS = 10_000;

/** What all generations of one gateway share. */
export interface Cluster {
  readonly ports: ActorPorts;
  readonly pool: TargetPool;
  readonly acceptance: AcceptanceBooks;
  readonly directory: WorkerDirectory;
  readonly pin: TargetPin;
  readonly tokenizer: Tokenizer;
  readonly promptEncoder: PromptEncoder;
  readonly charts: ProcessCharts;
  /** Of the targets in use, up or not. */
  targetInfo(): { readonly contextTokens: number; readonly numerics: Numerics };
  close(): Promise<void>;
}

interface Connection {
  readonly servers: readonly string[];
  readonly user: string | undefined;
  readonly password: string | undefined;
}

/** Starts keeper, server and workers as far as the options ask for them, and finds those that run elsewhere. */
export async function openCluster(options: CompiledEngineOptions, deps: EngineDeps): Promise<Cluster> {
  const closers = new Closers(deps.logger);
  try {
    return await open(options, deps, closers);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

async function open(options: CompiledEngineOptions, deps: EngineDeps, closers: Closers): Promise<Cluster> {
  const { logger } = deps;
  const scheduler = createRealScheduler();
  const { tokenizer, source } = await loadTokenizers(options, deps);
  const promptEncoder = new PromptEncoder(
    tokenizer,
    new TokenizerThread(source),
    options.parallel + options.queue,
  );
  closers.add(() => promptEncoder.close());
  const keeper = await openKeeper(options, logger, closers);
  const connection = await openConnection(options, keeper, logger, closers);
  const remote = await connectNatsBus(
    { ...options.nats, ...connection, name: 'slipstream-gateway' },
    { logger, scheduler },
  );
  closers.add(() => remote.close());
  const subjects = createSubjects(options.nats.subjectPrefix);
  const owner = newWorkerId('engine');
  const ngramId = newWorkerId('ngram');
  const network = new MemoryNetwork({ scheduler, logger });
  const isLocalWorker = (worker: string) => worker === ngramId;
  const bus = routeBus({ remote, local: network.connect('gateway'), isLocalWorker, announcesTo: 'remote' });
  const charts = openCharts(owner, { bus, subjects, scheduler, logger });
  closers.add(() => charts.close());
  const directory = new WorkerDirectory({
    bus,
    subjects,
    scheduler,
    accepts: acceptsWorker({ ...options, tokenizerHash: tokenizer.hash, owner, logger }),
  });
  closers.add(() => directory.close());
  const pin = new TargetPin({
    directory,
    logger,
    isOwn: (announced) => announced.owner === owner,
    startsTargets: options.local.targets > 0,
  });
  closers.add(() => pin.close());
  if (options.drafting.ngram) {
    const host = startNgramHost(
      ngramId,
      routeBus({ remote, local: network.connect(ngramId), isLocalWorker, announcesTo: 'local' }),
      { scheduler, logger, subjects },
      { slots: options.parallel, owner, charts },
    );
    closers.add(() => host.stop());
  }
  const silence = new SilenceWatch({ bus, subjects, scheduler });
  closers.add(() => silence.close());
  const workers = startLocalWorkers(options, connection, {
    ...{ scheduler, deps, keeper, directory, pin, silence, owner, charts },
  });
  closers.add(() => Promise.all(workers.map((worker) => worker.stop())));
  await Promise.all(workers.map((worker) => worker.ready));
  await untilTargetChosen(pin, directory, options, scheduler);
  return {
    ports: { bus, subjects, scheduler, logger },
    pool: new TargetPool(),
    acceptance: new AcceptanceBooks(),
    directory,
    pin,
    tokenizer,
    promptEncoder,
    charts,
    targetInfo: () => {
      if (pin.target === undefined) throw new NoWorkerError('no target was ever up');
      const { contextTokens, numerics } = pin.target;
      return { contextTokens, numerics };
    },
    close: () => closers.closeAll(),
  };
}

/** The target's tokenizer; throws TokenizerMismatchError when a drafter's ids mean other tokens. */
async function loadTokenizers(
  options: CompiledEngineOptions,
  deps: EngineDeps,
): Promise<{ tokenizer: Tokenizer; source: TokenizerSource }> {
  const { model, drafting, store } = options;
  // A worker would refuse it too, but only after server and processes were started.
  checkSimModel(model, 'target');
  for (const drafter of drafting.models) checkSimModel(drafter, 'drafter');
  const source = await findModelTokenizer(model, store, deps.onProgress);
  const tokenizer = openTokenizer(source);
  for (const drafter of drafting.models) {
    if (draftsAnyTokenizer(drafter)) continue;
    const theirs = openTokenizer(await findModelTokenizer(drafter, store, deps.onProgress));
    const mismatch = compareTokenizers(tokenizer, theirs, { target: model, drafter });
    if (mismatch !== undefined) throw mismatch;
  }
  return { tokenizer, source };
}

/** No process is spent on guarding when server and workers all run elsewhere. */
async function openKeeper(
  options: CompiledEngineOptions,
  logger: Logger,
  closers: Closers,
): Promise<ProcessGuard> {
  const { nats, local } = options;
  if (nats.servers !== undefined && local.targets === 0 && local.drafters === 0) return nothingToGuard;
  const keeper = await startKeeper(logger);
  closers.add(() => keeper.close());
  return keeper;
}

const nothingToGuard: ProcessGuard = {
  watchProcess: () => {},
  unwatchProcess: () => {},
  watchFolder: () => {},
};

async function openConnection(
  options: CompiledEngineOptions,
  keeper: ProcessGuard,
  logger: Logger,
  closers: Closers,
): Promise<Connection> {
  const { nats, store } = options;
  if (nats.servers !== undefined) return { servers: nats.servers, user: nats.user, password: nats.password };
  const { binary } = await findNatsServer({
    binary: options.natsServer,
    cacheFolder: store.cacheFolder,
    offline: store.offline,
    logger,
  });
  const server: EmbeddedServer = await startNatsServer({ binary, logger, guard: keeper });
  closers.add(() => server.stop());
  return { servers: [server.url], user: server.user, password: server.password };
}

function startNgramHost(
  workerId: string,
  bus: Bus,
  ports: Omit<ActorPorts, 'bus'>,
  rest: Pick<WorkerHostOptions, 'slots' | 'owner' | 'charts'>,
): WorkerHost {
  const model = createNgramModel({ scheduler: ports.scheduler });
  return startWorkerHost({
    role: 'drafter',
    model,
    ports: { ...ports, workerId, bus },
    host: workerId,
    audible: false,
    ...rest,
  });
}

function startLocalWorkers(
  options: CompiledEngineOptions,
  connection: Connection,
  context: {
    scheduler: Scheduler;
    deps: EngineDeps;
    keeper: ProcessGuard;
    directory: WorkerDirectory;
    pin: TargetPin;
    silence: SilenceWatch;
    owner: string;
    charts: ActorCharts;
  },
): LocalWorker[] {
  const { local, drafting } = options;
  const common = {
    threads: local.threads,
    slots: options.parallel,
    hostName: options.hostName,
    owner: context.owner,
    nats: { ...options.nats, ...connection },
    store: options.store,
  };
  const wanted: CompiledWorkerOptions[] = Array.from({ length: local.targets }, () => ({
    ...common,
    role: 'target' as const,
    model: options.model,
  }));
  for (const model of drafting.models)
    for (let i = 0; i < local.drafters; i++) wanted.push({ ...common, role: 'drafter', model });
  let targets = local.targets;
  return wanted.map((worker) =>
    startLocalWorker(worker, {
      scheduler: context.scheduler,
      logger: context.deps.logger,
      keeper: context.keeper,
      silence: context.silence,
      inspect: context.deps.inspect,
      charts: context.charts,
      onDown: (id) => context.directory.remove(id),
      onGivenUp: () => {
        if (worker.role === 'target' && --targets === 0) context.pin.ownGivenUp();
      },
    }),
  );
}

function untilTargetChosen(
  pin: TargetPin,
  directory: WorkerDirectory,
  options: CompiledEngineOptions,
  scheduler: Scheduler,
): Promise<void> {
  // The pin listens first: it has chosen when this hears of a worker.
  const isThere = () => pin.target !== undefined;
  if (isThere()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stopTimer = scheduler.schedule(REMOTE_WORKERS_MS, () => {
      stop();
      reject(
        new NoWorkerError(
          `no target with model ${options.model} was heard of within ${REMOTE_WORKERS_MS / 1000} s; start one with slipstream worker --role target`,
        ),
      );
    });
    const stop = directory.listen(() => {
      if (!isThere()) return;
      stop();
      stopTimer();
      resolve();
    });
  });
}
