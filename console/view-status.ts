import type { ConnectionState } from './connection.js';
import { setText } from './dom.js';
import type { Gaps } from './model.js';
import { timeOfDay } from './time.js';

interface StatusElements {
  readonly status: HTMLElement;
  readonly gaps: HTMLElement;
  readonly gapsText: HTMLElement;
  readonly keyForm: HTMLFormElement;
  readonly keyInput: HTMLInputElement;
  readonly keyProblem: HTMLElement;
}

const WHY = {
  lost: 'connection lost',
  unreachable: 'the server does not answer',
  refused:
    'the server refuses: it is full or going down, or pages of this address may not connect (--allow-origin)',
} as const;

/** Whether the page is connected, what it needs for that, and whether it has seen everything. */
export class StatusView {
  constructor(private readonly elements: StatusElements) {}

  update(state: ConnectionState, gaps: Gaps | undefined): void {
    const { status, keyForm, keyProblem, gaps: mark, gapsText } = this.elements;
    setText(status, describeState(state));
    status.dataset.kind = state.kind;
    this.ask(keyForm, state.kind === 'keyNeeded');
    setText(
      keyProblem,
      state.kind === 'keyNeeded' && state.wrong ? 'The server does not know this key.' : '',
    );
    mark.hidden = gaps === undefined;
    if (gaps !== undefined) setText(gapsText, describeGaps(gaps));
  }

  private ask(form: HTMLFormElement, isNeeded: boolean): void {
    if (form.hidden === !isNeeded) return;
    form.hidden = !isNeeded;
    if (isNeeded) this.elements.keyInput.focus();
  }
}

function describeState(state: ConnectionState): string {
  switch (state.kind) {
    case 'connecting':
      return 'connecting…';
    case 'open':
      return 'connected';
    case 'keyNeeded':
      return 'the server asks for a key';
    case 'waiting':
      return `${WHY[state.why]}; trying again in ${Math.max(1, Math.round(state.retryMs / 1000))} s`;
    default:
      return state satisfies never;
  }
}

function describeGaps({ count, atMs, process }: Gaps): string {
  const times = count === 1 ? 'once' : `${count} times`;
  const where = process === undefined ? '' : ` of ${process}`;
  return `something${where} was left out ${times}, last at ${timeOfDay(atMs)}`;
}
