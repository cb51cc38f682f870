import { InvalidOptionError } from '../../src/core/errors.js';
import { DEFAULT_SUBJECT_PREFIX } from '../../src/core/subjects.js';
import { listOption, type OptionDefinitions, textOption } from './option.js';
import type { ConfigContext, ResolvedOptions } from './resolve.js';

/** How to reach a NATS server or cluster. */
export interface NatsOptions {
  /** One or more server addresses. Default: an embedded server on loopback. */
  readonly natsUrl?: readonly string[];
  readonly natsUser?: string;
  readonly natsPassword?: string;
  readonly natsToken?: string;
  /** A `.creds` file (JWT and seed). */
  readonly natsCredentials?: string;
  /** A PEM file with the certificate authorities to trust; setting it demands TLS. */
  readonly natsTlsCa?: string;
  /** A PEM file with the client's certificate; needs `natsTlsKey`. */
  readonly natsTlsCert?: string;
  readonly natsTlsKey?: string;
  /** What every subject begins with. Default `dsi.v1`. */
  readonly subjectPrefix?: string;
}

export interface CompiledNatsOptions {
  /** Undefined: an embedded server is started. */
  readonly servers: readonly string[] | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  readonly credentialsFile: string | undefined;
  readonly tls: CompiledTlsOptions | undefined;
  readonly subjectPrefix: string;
}

/** Paths of PEM files. */
export interface CompiledTlsOptions {
  readonly caFile: string | undefined;
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
}

export const natsOptionDefinitions: OptionDefinitions<NatsOptions> = {
  natsUrl: listOption({
    flag: 'nats',
    placeholder: 'URL',
    description:
      'NATS server or cluster to use, several separated by commas; tls:// demands TLS, and a certificate for that name or address',
    defaultText: 'an embedded nats-server on loopback',
    allowed: '1 to 16 addresses such as nats://host:4222 or tls://host:4222',
    pattern: /^((nats|tls):\/\/)?(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/,
    most: 16,
  }),
  natsUser: textOption({
    flag: 'nats-user',
    placeholder: 'NAME',
    description: 'user name for NATS; the password comes from the environment',
    defaultText: 'none',
  }),
  natsPassword: textOption({
    description: 'password that goes with the NATS user name',
    defaultText: 'none',
  }),
  natsToken: textOption({ description: 'token for NATS, instead of a user name', defaultText: 'none' }),
  natsCredentials: textOption({
    flag: 'nats-creds',
    placeholder: 'FILE',
    allowed: 'a file that can be read',
    description: 'credentials file for NATS (JWT and seed)',
    defaultText: 'none',
  }),
  natsTlsCa: textOption({
    flag: 'nats-tls-ca',
    placeholder: 'FILE',
    allowed: 'a file that can be read',
    description: 'certificate authorities to trust for NATS (PEM); TLS is then required',
    defaultText: "the system's",
  }),
  natsTlsCert: textOption({
    flag: 'nats-tls-cert',
    placeholder: 'FILE',
    allowed: 'a file that can be read',
    description: 'client certificate for NATS (PEM)',
    defaultText: 'none',
  }),
  natsTlsKey: textOption({
    flag: 'nats-tls-key',
    placeholder: 'FILE',
    allowed: 'a file that can be read',
    description: 'private key of the client certificate (PEM)',
    defaultText: 'none',
  }),
  subjectPrefix: textOption({
    flag: 'subject-prefix',
    placeholder: 'PREFIX',
    description: 'what every NATS subject begins with',
    defaultText: DEFAULT_SUBJECT_PREFIX,
    allowed: 'words of letters, digits, _ or - joined by dots, 64 characters at most',
    pattern: /^(?=.{1,64}$)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/,
  }),
};

export function compileNatsOptions(
  { values, nameOf }: ResolvedOptions<NatsOptions>,
  { unreadable }: Pick<ConfigContext, 'unreadable'>,
): CompiledNatsOptions {
  const ways = (['natsUser', 'natsToken', 'natsCredentials'] as const).filter((key) => values[key]);
  const [first, second] = ways;
  if (first !== undefined && second !== undefined)
    throw new InvalidOptionError(nameOf(second), 'given', `left out when ${nameOf(first)} is given`);
  together(values, nameOf, 'natsPassword', 'natsUser');
  together(values, nameOf, 'natsTlsCert', 'natsTlsKey');
  together(values, nameOf, 'natsTlsKey', 'natsTlsCert');
  for (const key of NEED_A_SERVER) together(values, nameOf, key, 'natsUrl');
  for (const key of FILES) {
    const path = values[key];
    const reason = path === undefined ? undefined : unreadable(path);
    if (reason !== undefined)
      throw new InvalidOptionError(nameOf(key), path, `${natsOptionDefinitions[key].allowed}: ${reason}`);
  }
  const tls = values.natsTlsCa !== undefined || values.natsTlsCert !== undefined;
  return Object.freeze({
    servers: values.natsUrl === undefined ? undefined : Object.freeze([...values.natsUrl]),
    user: values.natsUser,
    password: values.natsPassword,
    token: values.natsToken,
    credentialsFile: values.natsCredentials,
    tls: tls
      ? Object.freeze({
          caFile: values.natsTlsCa,
          certificateFile: values.natsTlsCert,
          keyFile: values.natsTlsKey,
        })
      : undefined,
    subjectPrefix: values.subjectPrefix ?? DEFAULT_SUBJECT_PREFIX,
  });
}

/** An embedded server makes its own credentials: these would do nothing. */
const NEED_A_SERVER = ['natsUser', 'natsToken', 'natsCredentials', 'natsTlsCa', 'natsTlsCert'] as const;

const FILES = ['natsCredentials', 'natsTlsCa', 'natsTlsCert', 'natsTlsKey'] as const;

/** Refuses `key` without `needed`. */
function together(
  values: NatsOptions,
  nameOf: (field: keyof NatsOptions) => string,
  key: keyof NatsOptions,
  needed: keyof NatsOptions,
): void {
  if (values[key] !== undefined && values[needed] === undefined)
    throw new InvalidOptionError(nameOf(needed), undefined, `given when ${nameOf(key)} is`);
}
