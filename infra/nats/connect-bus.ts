import type { NatsConnection } from 'nats';
import type { NatsConnectionOptions } from './connection-options.js';
import { dialAs } from './dial.js';
import { NatsBus, type NatsBusPorts } from './nats-bus.js';
import { degradedFeatures } from './server-features.js';

/**
 * Connects; from then on it reconnects for ever. Throws NatsUnavailableError, after `connectTimeoutMs` at the
 * latest, when no server answers, and at once when it refuses the credentials.
 */
export async function connectNatsBus(options: NatsConnectionOptions, ports: NatsBusPorts): Promise<NatsBus> {
  const open = (role: string): Promise<NatsConnection> => dialAs(role, options, ports.scheduler);
  const control = await open('control');
  let data: NatsConnection;
  try {
    data = await open('data');
  } catch (error) {
    await control.close();
    throw error;
  }
  const version = control.info?.version ?? 'unknown';
  ports.logger.info(
    { server: control.getServer(), version, degraded: degradedFeatures(version) },
    'connected to NATS',
  );
  return new NatsBus(ports, options.subjectPrefix, control, data);
}
