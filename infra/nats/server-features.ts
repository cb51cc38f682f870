/** What servers older than the given release cannot do, in words for the log. */
const DEGRADED: readonly { readonly before: readonly [number, number]; readonly what: string }[] = [
  { before: [2, 10], what: 'JetStream: no consumers with several filter subjects' },
  { before: [2, 10], what: 'JetStream: no compression of streams' },
  { before: [2, 11], what: 'JetStream: no time to live per message, no pausing of consumers' },
];

/** What is degraded with a server of this version; empty for a current one or one that says nothing. */
export function degradedFeatures(version: string): readonly string[] {
  const match = /^(\d+)\.(\d+)/.exec(version);
  if (match === null) return [];
  const major = Number(match[1]);
  const minor = Number(match[2]);
  return DEGRADED.filter(({ before }) => major < before[0] || (major === before[0] && minor < before[1])).map(
    ({ what }) => what,
  );
}
