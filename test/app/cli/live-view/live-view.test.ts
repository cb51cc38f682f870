import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LiveView } from '../../../../src/app/cli/live-view/live-view.js';
import type { TraceEvent } from '../../../../src/core/trace.js';
import { VirtualScheduler } from '../../../../src/core/virtual-scheduler.js';
import { letters } from '../harness.js';
import { Screen } from './screen.js';

const ids = (text: string) => letters.encode(text);

/** A view on a terminal; a token is a character, and the prompt was ten tokens. */
function open({ columns = 60, colored = true, slow = false } = {}) {
  const scheduler = new VirtualScheduler();
  const screen = new Screen();
  const writes: string[] = [];
  const release: (() => void)[] = [];
  const output = {
    isTTY: true,
    redraws: true,
    colored,
    columns,
    write: (text: string) => {
      writes.push(text);
      screen.write(text);
      return slow ? new Promise<void>((resolve) => release.push(resolve)) : Promise.resolve();
    },
  };
  const view = new LiveView(output, letters, scheduler);
  let position = 10;
  const note = (kind: TraceEvent['kind'], data: NonNullable<TraceEvent['data']>) =>
    view.note({ kind, track: 'any', generation: 'g', startMs: scheduler.now(), data });
  return {
    view,
    screen,
    writes,
    release,
    /** Drafts of `text`, `ahead` tokens behind what is committed. */
    draft: (text: string, ahead = 0, attached = true) =>
      note('draft', { position: position + ahead, ids: ids(text), epoch: 0, attached }),
    commit: (text: string, drafted: boolean) => {
      for (const character of text) {
        const [token = 0] = ids(character);
        note('commit', { position: position++, token, drafted });
        view.append([{ seq: position - 11, token, text: character, drafted, atMs: scheduler.now() }]);
      }
    },
    /** Lets pictures be drawn, which takes turns of the event loop. */
    pass: async (ms: number) => {
      for (let left = ms; left > 0; left -= 50) {
        const step = Math.min(left, 50);
        const limitMs = scheduler.now() + step;
        scheduler.schedule(step, () => {});
        scheduler.run({ limitMs });
        await Promise.resolve();
      }
    },
  };
}

describe('a generation on a terminal', () => {
  test('drafts under way are dim behind the text, what was confirmed of them green', async () => {
    const { screen, writes, draft, commit, pass } = open();
    commit('a', false);
    draft('bcd');
    await pass(50);
    expect(screen.lines).toEqual(['abcd', 'drafted 3, accepted 0, refuted 0']);
    expect(writes.at(-1)).toContain('a\u001b[2mbcd\u001b[22m');
    commit('b', true);
    draft('e', 2);
    await pass(50);
    expect(screen.lines).toEqual(['abcde', 'drafted 4, accepted 1, refuted 0']);
    expect(writes.at(-1)).toContain('a\u001b[32mb\u001b[39m\u001b[2mcde\u001b[22m');
  });

  test('what the target refuted is struck out for a moment', async () => {
    const { screen, writes, draft, commit, pass } = open();
    draft('abxy');
    commit('ab', true);
    commit('c', false);
    draft('de');
    await pass(50);
    expect(screen.lines).toEqual(['abcxyde', 'drafted 6, accepted 2, refuted 1']);
    expect(writes.at(-1)).toContain('c\u001b[31m\u001b[9mxy\u001b[29m\u001b[39m\u001b[2mde\u001b[22m');
    await pass(450);
    expect(screen.lines).toEqual(['abcde', 'drafted 6, accepted 2, refuted 1']);
  });

  test('another branch that was right is accepted, not refuted', async () => {
    const { screen, draft, commit, pass } = open();
    draft('x');
    draft('y', 0, false);
    commit('y', true);
    await pass(50);
    expect(screen.lines.at(-1)).toBe('drafted 2, accepted 1, refuted 0');
  });

  test('drafts that repeat others, come late or belong nowhere change nothing but their count', async () => {
    const { screen, draft, commit, pass } = open();
    commit('a', false);
    draft('bcd');
    draft('bc');
    draft('ab', -1);
    draft('zzz', 7, false);
    await pass(50);
    expect(screen.lines).toEqual(['abcd', 'drafted 10, accepted 0, refuted 0']);
  });

  test('nothing that a model says moves the cursor', async () => {
    const { screen, writes, draft, commit, pass } = open();
    commit('a\tb\r\u001b[Jc\u0007', false);
    draft('d\u001b[Ae\u009b');
    await pass(50);
    expect(screen.lines[0]).toBe('a b[Jcd[Ae');
    for (const code of ['\r', '\u0007', '\u009b']) expect(writes.join('')).not.toContain(code);
  });

  test('the end leaves the text and the counts', async () => {
    const { view, screen, draft, commit, pass } = open();
    draft('abx');
    commit('a\nb', true);
    draft('cd');
    await pass(50);
    await view.close();
    await pass(1000);
    expect(screen.lines).toEqual(['a', 'b', 'drafted 5, accepted 3, refuted 0']);
  });

  test('without drafts there are no counts', async () => {
    const { view, screen, commit, pass } = open();
    commit('ab', false);
    await pass(50);
    commit('c', false);
    await view.close();
    expect(screen.lines).toEqual(['abc']);
  });

  test('without colours marks tell the parts from each other', async () => {
    const { screen, writes, draft, commit, pass } = open({ colored: false });
    draft('xy');
    commit('a', false);
    draft('b\nc');
    await pass(50);
    expect(screen.lines[0]).toBe('a~xy~|b↵c');
    expect(writes.join('').replaceAll('\u001b[1A', '').replaceAll('\u001b[J', '')).not.toContain('\u001b');
  });

  test('many events make few pictures', async () => {
    const { writes, draft, commit, pass } = open();
    for (let i = 0; i < 1000; i++) {
      draft('a');
      commit('a', true);
      await pass(1);
    }
    expect(writes.length).toBeGreaterThan(10);
    expect(writes.length).toBeLessThanOrEqual(20);
  });

  test('a terminal that does not keep up gets no further picture until it does', async () => {
    const { screen, writes, release, commit, pass } = open({ slow: true });
    commit('a', false);
    await pass(100);
    commit('b', false);
    await pass(500);
    expect(writes).toHaveLength(1);
    release[0]?.();
    await pass(100);
    expect(screen.lines).toEqual(['ab']);
  });

  test('whatever comes, no line is too long and the text is all there', async () => {
    const piece = fc.record({
      kind: fc.constantFrom('right', 'wrong', 'plain'),
      text: fc.string({ unit: fc.constantFrom(...'abc \n'), maxLength: 30 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 20 }),
        fc.integer({ min: 1, max: 50 }),
        async (pieces, columns) => {
          const { view, screen, draft, commit, pass } = open({ columns });
          for (const { kind, text } of pieces) {
            if (kind !== 'plain') draft(kind === 'right' ? text : `x${text}`);
            await pass(50);
            commit(text, kind === 'right');
            await pass(50);
            for (const line of screen.lines) expect(line.length).toBeLessThan(Math.max(5, columns));
          }
          await view.close();
          const counts = screen.lines.at(-1)?.startsWith('d') ? 1 : 0;
          const shown = screen.lines.slice(0, screen.lines.length - counts).join('');
          const said = pieces.map(({ text }) => text).join('');
          expect(shown.replaceAll(/\s/g, '')).toBe(said.replaceAll(/\s/g, ''));
        },
      ),
    );
  });
});
