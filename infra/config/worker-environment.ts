import { unknownVariables } from './known-settings.js';
import { environmentName } from './option.js';
import { processContext } from './process-context.js';
import { definitionEntries } from './resolve.js';
import { type CompiledWorkerOptions, type WorkerOptions, workerOptionDefinitions } from './worker-options.js';

/**
 * The environment in which `slipstream worker` without any flag compiles to `options`: how a child gets its
 * settings, secrets included, without showing them in the process list.
 */
export function workerEnvironment(
  options: CompiledWorkerOptions,
  inherited: Readonly<Record<string, string | undefined>> = processContext().environment,
): Record<string, string> {
  const values: Required<{ [Key in keyof WorkerOptions]: WorkerOptions[Key] | undefined }> = {
    role: options.role,
    model: options.model,
    threads: options.threads,
    slots: options.slots,
    hostName: options.hostName,
    owner: options.owner,
    natsUrl: options.nats.servers,
    natsUser: options.nats.user,
    natsPassword: options.nats.password,
    natsToken: options.nats.token,
    natsCredentials: options.nats.credentialsFile,
    natsTlsCa: options.nats.tls?.caFile,
    natsTlsCert: options.nats.tls?.certificateFile,
    natsTlsKey: options.nats.tls?.keyFile,
    subjectPrefix: options.nats.subjectPrefix,
    cacheFolder: options.store.cacheFolder,
    offline: options.store.offline,
  };
  const environment: Record<string, string> = {};
  for (const [name, text] of Object.entries(inherited)) if (text !== undefined) environment[name] = text;
  // Nobody reads them: whoever starts workers tells of them, once.
  for (const name of unknownVariables(inherited)) delete environment[name];
  for (const [key, definition] of definitionEntries(workerOptionDefinitions)) {
    const value = values[key as keyof WorkerOptions];
    delete environment[environmentName(key)];
    if (value !== undefined) environment[environmentName(key)] = definition.toText(value);
  }
  // The parent reads the child's log line by line.
  environment[environmentName('logFormat')] = 'json';
  environment.GLIBC_TUNABLES = withHugePages(environment.GLIBC_TUNABLES);
  return environment;
}

const HUGE_PAGES = 'glibc.malloc.hugetlb';

/**
 * Asks the C library to allocate in huge pages where the system grants them: every pass reads all weights, and with
 * pages of 4 KiB it looks up an address and starts reading ahead anew for each of 33,000. What the user says about
 * them holds. Other C libraries do not know the variable.
 */
function withHugePages(tunables = ''): string {
  if (tunables.includes(`${HUGE_PAGES}=`)) return tunables;
  return [...(tunables === '' ? [] : [tunables]), `${HUGE_PAGES}=1`].join(':');
}
