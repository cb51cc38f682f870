/** The layers of docs/architecture.md: a folder is a layer, and only src/app composes them. */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^(src|actors|streams|infra|console|test|bench)/', pathNot: allowed },
});

const npmOnlyIn = (name, packages, home) => ({
  name,
  severity: 'error',
  from: { path: '^(src|actors|streams|infra)/', pathNot: home },
  to: { path: `^node_modules/(${packages})/` },
});

module.exports = {
  forbidden: [
    only(
      'core-is-pure',
      '^src/core/',
      ['^src/core/'],
      'The domain imports nothing of ours outside src/core.',
    ),
    only('actors-use-core', '^actors/', ['^actors/', '^src/core/'], 'Actors know the domain alone.'),
    only('streams-use-core', '^streams/', ['^streams/', '^src/core/'], 'Streams know the domain alone.'),
    only(
      'infra-uses-core',
      '^infra/',
      ['^infra/', '^src/core/'],
      'Infrastructure implements interfaces of the domain.',
    ),
    only(
      'console-stands-alone',
      '^console/',
      ['^console/'],
      'What runs in a browser imports nothing that runs in Node.',
    ),
    only(
      'product-without-tests',
      '^(src|actors|streams|infra)/',
      ['^(src|actors|streams|infra)/'],
      'The product never imports tests or benchmarks.',
    ),
    {
      name: 'core-without-io',
      comment: 'No I/O, no clock, no framework in the domain; zod gives messages their schema.',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional'], pathNot: '^node_modules/zod/' },
    },
    {
      name: 'actors-without-io',
      severity: 'error',
      from: { path: '^actors/' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional'], pathNot: '^node_modules/xstate/' },
    },
    {
      name: 'streams-without-io',
      severity: 'error',
      from: { path: '^streams/' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional'], pathNot: '^node_modules/rxjs/' },
    },
    {
      name: 'console-without-packages',
      comment: 'It is served as it was compiled: no bundler follows its imports.',
      severity: 'error',
      from: { path: '^console/' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional'] },
    },
    npmOnlyIn('one-file-for-onnxruntime', 'onnxruntime-node|onnxruntime-common', '^infra/onnx/runtime\\.ts$'),
    npmOnlyIn('one-file-for-ws', 'ws', '^infra/gateway/websocket-server\\.ts$'),
    npmOnlyIn('one-file-for-plots', '@observablehq/plot|linkedom', '^infra/plot/render-figure\\.ts$'),
    npmOnlyIn('one-file-for-metrics', 'prom-client', '^infra/metrics/registry\\.ts$'),
    npmOnlyIn('nats-in-its-folder', 'nats|@nats-io', '^infra/nats/'),
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
