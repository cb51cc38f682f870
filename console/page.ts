import type { ConnectionState } from './connection.js';
import { byId, setText } from './dom.js';
import type { SpanFrame } from './frames.js';
import type { ConsoleModel } from './model.js';
import { ActorsView } from './view-actors.js';
import { LogView } from './view-log.js';
import { StatusView } from './view-status.js';
import { TimelineView } from './view-timeline.js';

/** What stands still while the page is paused. */
interface Frozen {
  readonly spans: readonly SpanFrame[];
  readonly atMs: number;
}

/** The whole page over a model. */
export class Page {
  private readonly status: StatusView;
  private readonly actors: ActorsView;
  private readonly timeline: TimelineView;
  private readonly log: LogView;
  private readonly pauseButton: HTMLElement;
  private frozen: Frozen | undefined;

  constructor(
    document: Document,
    private readonly model: ConsoleModel,
    private readonly enterKey: (key: string) => void,
  ) {
    const keyForm = byId(document, 'key-form') as HTMLFormElement;
    const keyInput = byId(document, 'key') as HTMLInputElement;
    this.status = new StatusView({
      ...{ keyForm, keyInput, keyProblem: byId(document, 'key-problem') },
      status: byId(document, 'status'),
      gaps: byId(document, 'gaps'),
      gapsText: byId(document, 'gaps-text'),
    });
    this.log = new LogView(byId(document, 'log'), byId(document, 'filter') as HTMLInputElement);
    this.actors = new ActorsView(byId(document, 'actors'), {
      showEventsOf: (label) => this.log.showOnly(label),
    });
    this.timeline = new TimelineView(byId(document, 'timeline') as HTMLCanvasElement);
    this.pauseButton = byId(document, 'pause');
    this.pauseButton.addEventListener('click', () => this.pause());
    byId(document, 'gaps-dismiss').addEventListener('click', () => model.dismissGaps());
    keyForm.addEventListener('submit', (event) => {
      event.preventDefault();
      this.enterKey(keyInput.value);
    });
  }

  /** Brings everything but the timeline up to date. */
  draw(state: ConnectionState, nowMs: number): void {
    const { model } = this;
    model.sweep(nowMs);
    this.status.update(state, model.gaps);
    this.actors.update(model, nowMs);
    if (!this.isPaused()) this.log.update(model.log, nowMs);
  }

  /** Apart from the rest, since it moves with time alone. */
  drawTimeline(nowMs: number): void {
    const { spans } = this.model;
    if (!this.isPaused()) this.frozen = undefined;
    else this.frozen ??= { spans: [...spans.all()], atMs: spans.clock(nowMs) };
    this.timeline.update(this.frozen?.spans ?? spans.all(), this.frozen?.atMs ?? spans.clock(nowMs));
  }

  private isPaused(): boolean {
    return this.pauseButton.getAttribute('aria-pressed') === 'true';
  }

  private pause(): void {
    this.pauseButton.setAttribute('aria-pressed', String(!this.isPaused()));
    setText(this.pauseButton, this.isPaused() ? 'Go on' : 'Pause');
  }
}
