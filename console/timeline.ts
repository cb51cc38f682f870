import type { SpanFrame } from './frames.js';

/** Generations with a row of their own; those that did something last. */
const MOST_GENERATIONS = 6;
const MOST_WORKERS = 24;
/** A pass of less than a pixel is still to be seen. */
const LEAST_WIDTH = 1;
const BAR_SHARE = 0.7;

export interface TimelineRow {
  readonly label: string;
  readonly kind: 'target' | 'drafter' | 'generation';
  /** The row's upper edge. */
  readonly y: number;
}

/** A bar, or a tick where nothing takes time. */
export interface TimelineMark {
  readonly kind: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface TimelineLayout {
  readonly rows: readonly TimelineRow[];
  readonly marks: readonly TimelineMark[];
  readonly height: number;
}

export interface TimelineArea {
  /** The time at the right edge. */
  readonly nowMs: number;
  readonly windowMs: number;
  /** In pixels, as are all places. */
  readonly width: number;
  readonly rowHeight: number;
}

/** Where what happened is drawn: a row per worker, targets before drafters, then one per generation. */
export function layoutTimeline(spans: readonly SpanFrame[], area: TimelineArea): TimelineLayout {
  const { nowMs, windowMs, width, rowHeight } = area;
  const rows = rowsOf(spans, rowHeight);
  const byLabel = new Map(rows.map((row) => [`${row.kind === 'generation'} ${row.label}`, row]));
  const pixels = width / windowMs;
  const marks: TimelineMark[] = [];
  for (const { span: kind, track, generation, startMs, endMs = startMs } of spans) {
    const isInstant = track === 'controller';
    const row = byLabel.get(isInstant ? `true ${generation}` : `false ${track}`);
    const left = Math.max(0, (startMs - nowMs + windowMs) * pixels);
    const right = Math.min(width, (endMs - nowMs + windowMs) * pixels);
    if (row === undefined || right < 0 || left > width) continue;
    const height = isInstant && kind === 'commit' ? rowHeight * (BAR_SHARE / 2) : rowHeight * BAR_SHARE;
    const y = row.y + (rowHeight - height) / 2;
    marks.push({ kind, x: left, y, width: Math.max(LEAST_WIDTH, right - left), height });
  }
  return { rows, marks, height: rows.length * rowHeight };
}

/** What a layout shows, for those who cannot see it. */
export function describeTimeline({ rows, marks }: TimelineLayout, windowMs: number): string {
  const count = (kind: string) => marks.filter((mark) => mark.kind === kind).length;
  const workers = rows.filter(({ kind }) => kind !== 'generation').length;
  return (
    `The last ${windowMs / 1000} seconds: ${workers} workers, ${count('pass')} target passes, ` +
    `${count('draft')} drafts, ${count('rollback')} rollbacks, ${count('commit')} tokens committed`
  );
}

function rowsOf(spans: readonly SpanFrame[], rowHeight: number): TimelineRow[] {
  const workers = new Map<string, 'target' | 'drafter'>();
  const generations = new Set<string>();
  for (const { span, track, generation } of spans) {
    if (track === 'controller') {
      // Last to the end.
      generations.delete(generation);
      generations.add(generation);
    } else if (span === 'pass') workers.set(track, 'target');
    else if (span === 'draft') workers.set(track, 'drafter');
    // Both kinds of workers take prompts in.
    else if (!workers.has(track)) workers.set(track, 'target');
  }
  const sorted = [...workers]
    .sort(([a, kindA], [b, kindB]) => (kindA === kindB ? compare(a, b) : compare(kindB, kindA)))
    .slice(0, MOST_WORKERS)
    .map(([label, kind]) => ({ label, kind }));
  const last = [...generations].slice(-MOST_GENERATIONS).sort(compare);
  const all = [...sorted, ...last.map((label) => ({ label, kind: 'generation' as const }))];
  return all.map((row, index) => ({ ...row, y: index * rowHeight }));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
