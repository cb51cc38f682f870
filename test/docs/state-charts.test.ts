import { describe, expect, it } from 'vitest';
import { drafterMachine } from '../../actors/drafter/machine.js';
import { rollbackControllerMachine } from '../../actors/rollback-controller/machine.js';
import { targetVerifierMachine } from '../../actors/target-verifier/machine.js';
import { admissionMachine } from '../../actors/worker/admission.js';
import { workerSupervisorMachine } from '../../actors/worker-supervisor/machine.js';
import { descendants, stateChart } from '../support/state-charts.js';

const machines = [
  {
    machine: rollbackControllerMachine,
    purpose: 'One per generation, in the gateway. It owns the draft tree and is the only committer.',
  },
  {
    machine: drafterMachine,
    purpose: 'One per drafter worker. It drafts ahead and waits for verdicts only when it is far ahead.',
  },
  {
    machine: targetVerifierMachine,
    purpose: 'One per target worker. It verifies what controllers send, open roots first.',
  },
  {
    machine: admissionMachine,
    purpose: 'One per worker, a child of its actor: whom it admits, and when it may go.',
  },
  {
    machine: workerSupervisorMachine,
    purpose:
      'One per worker process that the gateway starts itself. It starts the process again when it ends.',
  },
];

const intro = `# State charts

Generated from the machines in \`actors/\`; \`npx vitest run test/docs/state-charts.test.ts -u\` writes it anew.
A transition without an arrow stays in its state. \`always\` transitions are taken as soon as their guard holds.

## Looking into running charts

\`slipstream serve --inspect\` shows those of every process on a page and to WebSocket clients:
[inspection.md](inspection.md).

An engine shows those of its process, one controller per generation and a supervisor per worker that it started, to
\`inspect\`: every event and every snapshot, as [XState's inspection API](https://stately.ai/docs/inspection) has them.

\`\`\`js
import { createEngine } from 'slipstream';

const engine = await createEngine({
  model: 'fable',
  inspect: (event) => {
    if (event.type !== '@xstate.snapshot' || !('value' in event.snapshot)) return;
    console.log(event.actorRef.id, event.event.type, JSON.stringify(event.snapshot.value));
  },
});
\`\`\`

A line is \`supervisor-target child.ready "ready"\`, or a generation's id with
\`verdict.returned {"running":"rollingBack"}\`.
\`trace\` beside it tells what the actors do: passes, drafts, jobs, verdicts, rollbacks and commits, with times.
`;

describe('docs/state-charts.md', () => {
  it('shows the machines as they are', async () => {
    const charts = machines.map(({ machine, purpose }) => stateChart(machine, purpose));
    await expect([intro, ...charts].join('\n')).toMatchFileSnapshot('../../docs/state-charts.md');
  });

  it.each(machines)('says what every state is for ($machine.id)', ({ machine }) => {
    const silent = descendants(machine.root).filter(
      ({ description, parent }) => description === undefined && parent?.type !== 'parallel',
    );
    expect(silent.map(({ path }) => path.join('.'))).toEqual([]);
  });
});
