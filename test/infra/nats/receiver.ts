import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { NatsConnectionOptions } from '../../../infra/nats/connection-options.js';
import { compiledFile } from '../../support/compiled.js';

export interface ReceiverSettings {
  readonly connection: NatsConnectionOptions;
  readonly subject: string;
}

export interface Heard {
  readonly heardAtMs: number;
}

/** Another process that tells when it hears something on a subject. */
export async function startReceiver(settings: ReceiverSettings): Promise<ChildProcess> {
  const receiver = fork(compiledFile('test/infra/nats/receiver-main.ts'), { execArgv: [] });
  receiver.send(settings);
  await once(receiver, 'message');
  return receiver;
}
