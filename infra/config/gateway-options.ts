import { InvalidOptionError } from '../../src/core/errors.js';
import { isLoopback } from '../gateway/loopback.js';
import { integerOption, listOption, type OptionDefinitions, switchOption, textOption } from './option.js';
import { processContext } from './process-context.js';
import { type ConfigContext, resolveOptions } from './resolve.js';

/** Options of what clients reach: the HTTP and WebSocket server, and requests over NATS. */
export interface GatewayOptions {
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** 0..65535; 0 takes a free port. Default 8080. */
  readonly port?: number;
  /** API keys that clients must present. Default: none, everybody who reaches the port may ask. */
  readonly keys?: readonly string[];
  /** Origins of web pages that may connect, besides pages from the server's own address. Default: none. */
  readonly allowedOrigins?: readonly string[];
  /** Host names under which clients may call a server that listens on loopback. Default: loopback's own. */
  readonly allowedHosts?: readonly string[];
  /** Durable jobs taken from JetStream at a time, 0..256. Default 0: none are. */
  readonly jobs?: number;
  /** Lets clients look into running state charts. Default: off. */
  readonly inspect?: boolean;
}

export interface CompiledGatewayOptions {
  readonly host: string;
  readonly port: number;
  readonly keys: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly jobs: number;
  readonly inspect: boolean;
}

export const gatewayOptionDefinitions: OptionDefinitions<GatewayOptions> = {
  host: textOption({
    flag: 'host',
    placeholder: 'ADDRESS',
    description: 'address to listen on',
    defaultText: '127.0.0.1',
    allowed: 'a host name or an IP address',
    pattern: /^[A-Za-z0-9.:_-]{1,255}$/,
  }),
  port: integerOption({
    flag: 'port',
    placeholder: 'PORT',
    minimum: 0,
    maximum: 65_535,
    description: 'port to listen on; 0 takes a free one',
    defaultText: '8080',
  }),
  keys: listOption({
    placeholder: 'KEY,KEY',
    description: 'API keys that clients must present',
    defaultText: 'none: whoever reaches the port may ask',
    allowed: '1 to 256 keys of 8 to 256 printable characters without commas and spaces',
    pattern: /^[\x21-\x7e]{8,256}$/,
    most: 256,
  }),
  allowedOrigins: listOption({
    flag: 'allow-origin',
    placeholder: 'ORIGIN',
    description: "origins of web pages that may connect, besides the server's own",
    defaultText: 'none',
    allowed: '1 to 64 origins such as https://example.org, or *',
    pattern: /^(\*|https?:\/\/[A-Za-z0-9.:[\]_-]{1,255})$/,
    most: 64,
  }),
  allowedHosts: listOption({
    flag: 'allow-host',
    placeholder: 'NAME',
    description: 'host names under which a server on loopback may be called',
    defaultText: "loopback's own",
    allowed: '1 to 64 host names in lower case without a port',
    pattern: /^[a-z0-9._-]{1,255}$/,
    most: 64,
  }),
  jobs: integerOption({
    flag: 'jobs',
    placeholder: 'N',
    minimum: 0,
    maximum: 256,
    description: 'durable jobs to take from JetStream at a time; needs --nats',
    defaultText: '0: none are taken',
  }),
  inspect: switchOption({
    flag: 'inspect',
    description: 'let clients look into running state charts: a page at /inspect, frames at /v1/inspect',
    defaultText: 'off',
  }),
};

/** Throws InvalidOptionError, also for what options are together. */
export function compileGatewayOptions(
  options: GatewayOptions,
  context: ConfigContext = processContext(),
): CompiledGatewayOptions {
  const { values } = resolveOptions(gatewayOptionDefinitions, options, context);
  const { host = '127.0.0.1', keys = [], inspect = false } = values;
  // How generations go tells of what they say, also to whoever may only ask for their own.
  if (inspect && keys.length === 0 && !isLoopback(host))
    throw new InvalidOptionError('inspect', true, 'off for a host that is not loopback, unless keys are set');
  return Object.freeze({
    host,
    port: values.port ?? 8080,
    keys: Object.freeze([...keys]),
    allowedOrigins: Object.freeze([...(values.allowedOrigins ?? [])]),
    allowedHosts: Object.freeze([...(values.allowedHosts ?? [])]),
    jobs: values.jobs ?? 0,
    inspect,
  });
}
