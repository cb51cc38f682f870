import { integerOption, listOption, type OptionDefinitions, textOption } from './option.js';
import { processContext } from './process-context.js';
import { type ConfigContext, resolveOptions } from './resolve.js';

/** Options of the HTTP and WebSocket server. */
export interface GatewayOptions {
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** 0..65535; 0 takes a free port. Default 8080. */
  readonly port?: number;
  /** API keys that clients must present. Default: none, everybody who reaches the port may ask. */
  readonly keys?: readonly string[];
}

export interface CompiledGatewayOptions {
  readonly host: string;
  readonly port: number;
  readonly keys: readonly string[];
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
};

export function compileGatewayOptions(
  options: GatewayOptions,
  context: ConfigContext = processContext(),
): CompiledGatewayOptions {
  const { values } = resolveOptions(gatewayOptionDefinitions, options, context);
  return Object.freeze({
    host: values.host ?? '127.0.0.1',
    port: values.port ?? 8080,
    keys: Object.freeze([...(values.keys ?? [])]),
  });
}
