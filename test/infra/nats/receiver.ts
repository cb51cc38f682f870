import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { NatsConnectionOptions } from '../../../infra/nats/connection-options.js';

export interface ReceiverSettings {
  readonly connection: NatsConnectionOptions;
  readonly subject: string;
}

export interface Heard {
  readonly heardAtMs: number;
}

/** Another process that tells when it hears something on a subject. */
export async function startReceiver(settings: ReceiverSettings): Promise<ChildProcess> {
  const receiver = fork(fileURLToPath(new URL('./receiver-main.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  });
  receiver.send(settings);
  await once(receiver, 'message');
  return receiver;
}
