/**
 * What a message costs: its encoding and checking, and its way over the memory bus and a local nats-server:
 * `npx tsx bench/bus.ts`.
 */
import { MemoryNetwork } from '../infra/bus-memory/memory-network.js';
import { createRealScheduler } from '../infra/clock/real-scheduler.js';
import { processContext } from '../infra/config/process-context.js';
import { decodeMessage, encodeMessage } from '../infra/nats/codec.js';
import { connectNatsBus } from '../infra/nats/connect-bus.js';
import { startNatsServer } from '../infra/nats-server/embedded-server.js';
import { findNatsServer } from '../infra/nats-server/find-binary.js';
import type { Bus } from '../src/core/bus.js';
import { silentLogger } from '../src/core/logger.js';
import { checkMessage } from '../src/core/message-check.js';
import { type WireMessage, wireMessageSchema } from '../src/core/messages.js';
import { median } from '../src/core/statistics.js';
import { createSubjects, DEFAULT_SUBJECT_PREFIX } from '../src/core/subjects.js';
import { sampleMessages } from '../test/support/sample-messages.js';
import { measured } from './lib/measured.js';

const REPETITIONS = 100_000;
const ROUND_TRIPS = 5_000;

const HOT = ['draft.proposed', 'job.assigned', 'verdict.returned'];
const messages = sampleMessages.filter(({ type }) => HOT.includes(type));

function microseconds(task: () => unknown): number {
  for (let i = 0; i < REPETITIONS / 5; i++) task();
  const startMs = performance.now();
  for (let i = 0; i < REPETITIONS; i++) task();
  return ((performance.now() - startMs) / REPETITIONS) * 1000;
}

function benchCodec(message: WireMessage): void {
  const packed = encodeMessage(message);
  console.log(`${message.type}: ${packed.length} bytes`);
  const rows: readonly (readonly [string, () => unknown])[] = [
    ['encode', () => encodeMessage(message)],
    ['decode and check', () => decodeMessage(packed)],
    ['check alone', () => checkMessage(message)],
    ['check by the schema', () => wireMessageSchema.safeParse(message)],
  ];
  for (const [name, task] of rows) {
    const us = microseconds(task);
    measured(`${message.type}, ${name}`, us, 'us');
    console.log(`  ${name.padEnd(24)}${us.toFixed(1)} us`);
  }
}

/** Milliseconds from a publish until the answer that its receiver publishes is heard. */
async function roundTripMs(asking: Bus, answering: Bus, message: WireMessage): Promise<number> {
  const subjects = createSubjects();
  const [there, back] = [subjects.generationProposals('bench'), subjects.generationVerdicts('bench')];
  answering.subscribe(there, () => answering.publish(back, message));
  let heard = (): void => {};
  asking.subscribe(back, () => heard());
  await new Promise((resolve) => setTimeout(resolve, 100));
  const times: number[] = [];
  for (let i = 0; i < ROUND_TRIPS; i++) {
    const startMs = performance.now();
    const answered = new Promise<void>((resolve) => {
      heard = resolve;
    });
    asking.publish(there, message);
    await answered;
    times.push(performance.now() - startMs);
  }
  return median(times);
}

for (const message of messages) benchCodec(message);

const scheduler = createRealScheduler();
const [proposal] = messages as [WireMessage];
const network = new MemoryNetwork({ scheduler });
const overMemory = await roundTripMs(network.connect('a'), network.connect('b'), proposal);
measured('round trip over the memory bus', overMemory, 'ms');
console.log(`round trip over the memory bus   ${overMemory.toFixed(3)} ms`);

const { binary, version } = await findNatsServer({
  binary: undefined,
  cacheFolder: processContext().cacheFolder,
  offline: false,
  logger: silentLogger,
});
const server = await startNatsServer({ binary, logger: silentLogger });
const connect = (name: string) =>
  connectNatsBus(
    {
      servers: [server.url],
      name,
      user: server.user,
      password: server.password,
      subjectPrefix: DEFAULT_SUBJECT_PREFIX,
    },
    { logger: silentLogger, scheduler },
  );
const [asking, answering] = [await connect('a'), await connect('b')];
const overNats = await roundTripMs(asking, answering, proposal);
measured('round trip over nats-server', overNats, 'ms');
console.log(`round trip over nats-server ${version} ${overNats.toFixed(3)} ms, both ends in this process`);
await asking.close();
await answering.close();
await server.stop();
