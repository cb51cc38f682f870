import { type Service, type ServiceConfig, Svcm } from '@nats-io/services';
import type { NatsConnection } from 'nats';
import { WIRE_VERSION } from '../../src/core/messages.js';

/** Adds a NATS service: $SRV.PING, INFO and STATS, as the `nats service` command uses them. Its major version is the wire's. */
export function addService(
  connection: NatsConnection,
  config: Omit<ServiceConfig, 'version'>,
): Promise<Service> {
  // The package brings nats-core types of its own, of an earlier release; the connection is the same at run time.
  const services = new Svcm(connection as unknown as ConstructorParameters<typeof Svcm>[0]);
  return services.add({ ...config, version: `${WIRE_VERSION}.0.0` });
}
