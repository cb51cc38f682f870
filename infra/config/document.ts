import { engineOptionDefinitions } from './engine-options.js';
import { gatewayOptionDefinitions } from './gateway-options.js';
import { importOptionDefinitions } from './import-options.js';
import { logOptionDefinitions } from './log-options.js';
import { environmentName, type OptionDefinition } from './option.js';
import { definitionEntries } from './resolve.js';
import { workerOptionDefinitions } from './worker-options.js';

const INTRODUCTION = `# Configuration

Every setting can be given as a flag of the command, as an environment variable, or as a field of the library's
options. A flag or field wins over the environment, the environment over the default. What is outside its range is
refused with the name, the value and the range; nothing is rounded into range silently. Secrets have no flag, because
the arguments of a process are visible to everybody on the machine.

What one request asks for (\`--prompt\`, \`--temperature\`, \`--max-tokens\`, …) is no setting: it is a flag of \`generate\`
(\`generate --help\`), a field of [\`generation.create\`](websocket.md#generationcreate) or of the library's \`generate\`, and never
taken from the environment.
`;

const OUTRODUCTION = `
Colours appear on terminals only, and not at all when \`NO_COLOR\` is set.
`;

const SECTIONS: readonly {
  readonly title: string;
  readonly text: string;
  readonly entries: readonly (readonly [string, OptionDefinition<unknown>])[];
}[] = [
  {
    title: 'Engine',
    text: 'For `slipstream generate`, `serve` and `demo`, and for `createEngine` of the library.',
    entries: definitionEntries(engineOptionDefinitions),
  },
  {
    title: 'Server',
    text: 'For `slipstream serve`.',
    entries: definitionEntries(gatewayOptionDefinitions),
  },
  {
    title: 'Worker',
    text: 'For `slipstream worker`.',
    entries: definitionEntries(workerOptionDefinitions),
  },
  {
    title: 'Import',
    text: 'For `slipstream models import`. A model that is named by its path is imported with the defaults.',
    entries: definitionEntries(importOptionDefinitions),
  },
  {
    title: 'Log',
    text: 'For every command. The log goes to stderr.',
    entries: definitionEntries(logOptionDefinitions),
  },
];

/** The text of docs/configuration.md. */
export function configurationDocument(): string {
  const sections = SECTIONS.map(({ title, text, entries }) => {
    const rows = entries.map(([key, definition]) => row(key, definition));
    return [
      `\n## ${title}\n`,
      `${text}\n`,
      '| Flag | Environment | Field | Meaning | Must be | Default |',
      '|---|---|---|---|---|---|',
      ...rows,
      '',
    ].join('\n');
  });
  return INTRODUCTION + sections.join('') + OUTRODUCTION;
}

function row(key: string, { flag, placeholder, ...definition }: OptionDefinition<unknown>): string {
  const usage =
    flag === undefined ? '' : `\`--${flag}${placeholder === undefined ? '' : ` ${placeholder}`}\``;
  const cells = [
    usage,
    `\`${environmentName(key)}\``,
    `\`${key}\``,
    definition.description,
    definition.allowed,
    definition.defaultText,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
