interface ServerConfig {
  /** -1: a free one. */
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Where JetStream keeps its files; undefined: no JetStream. */
  readonly jetStreamFolder: string | undefined;
}

/** The configuration file of an embedded server: it holds the credentials, which must not be in its arguments. */
export function serverConfigText({ port, user, password, jetStreamFolder }: ServerConfig): string {
  return `${[
    'host: "127.0.0.1"',
    `port: ${port}`,
    // Every client that goes is logged. When the parent is killed together with its keeper, nobody reads the log any more,
    // and a Go program that writes to a broken pipe on stderr is ended by SIGPIPE (os/signal): at the latest when the
    // workers go (when-orphaned.ts). The price: a gateway that is stopped for long (SIGSTOP) reads nothing, and when the
    // pipe is full the server waits as well.
    'debug: true',
    `authorization { user: ${JSON.stringify(user)}, password: ${JSON.stringify(password)} }`,
    ...(jetStreamFolder === undefined ? [] : [`jetstream { store_dir: ${JSON.stringify(jetStreamFolder)} }`]),
  ].join('\n')}\n`;
}
