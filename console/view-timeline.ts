import type { SpanFrame } from './frames.js';
import { WINDOW_MS } from './span-book.js';
import { describeTimeline, layoutTimeline, type TimelineLayout } from './timeline.js';

const ROW_HEIGHT = 22;
const LABEL_WIDTH = 150;
const LONGEST_LABEL = 18;
const SECOND_MS = 1000;
/** How often the description for those who cannot see it changes. */
const DESCRIBE_MS = 2000;

/** Draws when workers computed, and when generations committed and rolled back. */
export class TimelineView {
  private describedAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly canvas: HTMLCanvasElement) {}

  update(spans: readonly SpanFrame[], nowMs: number): void {
    const { canvas } = this;
    const width = canvas.clientWidth || LABEL_WIDTH * 4;
    const area = {
      nowMs,
      windowMs: WINDOW_MS,
      width: Math.max(1, width - LABEL_WIDTH),
      rowHeight: ROW_HEIGHT,
    };
    const layout = layoutTimeline(spans, area);
    if (Math.abs(nowMs - this.describedAtMs) >= DESCRIBE_MS) {
      this.describedAtMs = nowMs;
      canvas.setAttribute('aria-label', describeTimeline(layout, WINDOW_MS));
    }
    this.draw(layout, width, nowMs);
  }

  private draw({ rows, marks, height }: TimelineLayout, width: number, nowMs: number): void {
    const { canvas } = this;
    const window = canvas.ownerDocument.defaultView;
    const context = canvas.getContext?.('2d');
    if (!context || !window) return;
    const ratio = window.devicePixelRatio || 1;
    this.resize(Math.round(width * ratio), Math.round(Math.max(height, ROW_HEIGHT) * ratio), ratio);
    const style = window.getComputedStyle(canvas);
    const colour = (name: string) => style.getPropertyValue(`--${name}`);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = `12px ${style.fontFamily}`;
    context.textBaseline = 'middle';
    context.fillStyle = colour('line');
    for (let secondMs = nowMs % SECOND_MS; secondMs < WINDOW_MS; secondMs += SECOND_MS)
      context.fillRect(width - (secondMs / WINDOW_MS) * (width - LABEL_WIDTH), 0, 1, height);
    for (const { label, y } of rows) {
      context.fillStyle = colour('line');
      context.fillRect(0, y + ROW_HEIGHT - 1, width, 1);
      context.fillStyle = colour('muted');
      context.fillText(shortened(label), 0, y + ROW_HEIGHT / 2);
    }
    for (const { kind, x, y, width: across, height: down } of marks) {
      context.fillStyle = colour(kind) || colour('muted');
      context.fillRect(LABEL_WIDTH + x, y, kind === 'rollback' ? Math.max(2, across) : across, down);
    }
  }

  /** Setting a canvas's size clears it and costs, so only where it is another. */
  private resize(width: number, height: number, ratio: number): void {
    const { canvas } = this;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height === height) return;
    canvas.height = height;
    canvas.style.setProperty('height', `${height / ratio}px`);
  }
}

function shortened(label: string): string {
  return label.length <= LONGEST_LABEL ? label : `${label.slice(0, LONGEST_LABEL - 1)}…`;
}
