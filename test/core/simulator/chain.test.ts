import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DraftChain } from '../../../src/core/simulator/chain.js';
import { Lines, TEXT } from '../../../src/core/simulator/lines.js';

/** The chain's counters say what a list of its paths says. */

const PROMPT_TOKENS = 3;
const REACH = 64;
const BELIEFS = [0.4, 0.85, 0.97];

interface Path {
  /** Its last token, by the line on which it lies. */
  readonly token: number;
  decided: boolean;
  assigned: number;
  belief: number | undefined;
  refuted: number;
}

const path = (token: number): Path => ({ token, decided: false, assigned: 0, belief: undefined, refuted: 0 });

/** A chain beside a list of its paths, from the root's on. */
class Played {
  readonly lines = new Lines();
  readonly chain = new DraftChain(this.lines, PROMPT_TOKENS, 10_000, REACH);
  private readonly paths: Path[] = [path(TEXT)];
  private before = path(TEXT);

  /** Drafts after a path that is there; each says whether it is right. `share` 0..1 picks the path. */
  propose(share: number, drafts: readonly boolean[], belief: number): void {
    const from = this.pick(share);
    if (this.paths.length + drafts.length >= REACH) return;
    let line = this.lines.lineAt(this.chain.line, from);
    let length = from;
    for (const right of drafts) {
      if (!right) line = this.lines.leave(line, length);
      length++;
    }
    expect(this.chain.propose(line, from, length, belief)).toBe(this.attach(line, from, length, belief));
  }

  private attach(line: number, from: number, length: number, belief: number): boolean {
    for (let at = from + 1; at <= length; at++) {
      const token = this.lines.lineAt(line, at);
      const known = this.at(at);
      if (known === undefined) this.paths.push({ ...path(token), belief });
      else if (known.token === token) known.belief ??= belief;
      else {
        (this.at(at - 1) as Path).refuted++;
        return false;
      }
    }
    return true;
  }

  decide(share: number): void {
    const length = this.pick(share);
    const there = this.at(length) as Path;
    const next = this.at(length + 1);
    const token = this.lines.lineAt(this.chain.line, length);
    this.chain.decide(length);
    if (there.decided) return;
    there.decided = true;
    if (next !== undefined && next.token !== token) {
      if (next.belief !== undefined) there.refuted++;
      this.paths.length = length - this.chain.root + 1;
    }
    if (this.at(length + 1) === undefined) this.paths.push(path(token));
  }

  assign(share: number): void {
    const length = this.pick(share);
    (this.at(length) as Path).assigned++;
    this.chain.assign(length);
  }

  unassign(share: number): void {
    const length = this.pick(share);
    const there = this.at(length) as Path;
    if (there.assigned === 0) return;
    there.assigned--;
    this.chain.unassign(length);
  }

  advance(): void {
    if (!(this.paths[0] as Path).decided) return;
    this.before = this.paths.shift() as Path;
    this.chain.advance();
    expect(this.chain.rootWasDrafted).toBe(this.paths[0]?.belief !== undefined);
    expect(this.chain.refutedAtRoot).toBe(this.before.refuted);
  }

  check(): void {
    const { chain, paths } = this;
    const isOpen = (one: Path) => !one.decided && one.assigned === 0;
    expect(chain.end).toBe(chain.root + paths.length - 1);
    expect(chain.rootIsOpen).toBe(isOpen(paths[0] as Path));
    for (const [index, one] of paths.entries()) {
      expect(chain.isDecided(chain.root + index)).toBe(one.decided);
      expect(chain.openPathsUpTo(chain.root + index)).toBe(paths.slice(0, index + 1).filter(isOpen).length);
    }
    const open = paths.findIndex(isOpen);
    if (open >= 0) expect(chain.shortestOpen()).toBe(chain.root + open);
    for (const least of [0.01, 0.3, 0.9])
      expect(chain.likelyEnd(least) - chain.root).toBe(this.likely(least));
    for (const cost of [0.1, 0.5, 0.9]) {
      const costs = Array.from({ length: 6 }, (_, drafts) => drafts * cost);
      expect(chain.worthwhileEnd(0.01, costs) - chain.root).toBe(this.worthwhile(costs));
    }
    expect(chain.worthwhileEnd(0.3, [])).toBe(chain.likelyEnd(0.3));
  }

  private worthwhile(costs: readonly number[]): number {
    let [likelihood, tokens, most, end] = [1, 0, 0, 0];
    for (let index = 1; index <= Math.min(this.likely(0.01), costs.length - 1); index++) {
      if (!this.paths[index - 1]?.decided) likelihood *= this.paths[index]?.belief ?? 1;
      tokens += likelihood;
      if (tokens - (costs[index] ?? 0) < most) continue;
      most = tokens - (costs[index] ?? 0);
      end = index;
    }
    return end;
  }

  private likely(least: number): number {
    let likelihood = 1;
    for (let index = 1; index < this.paths.length; index++) {
      if (!this.paths[index - 1]?.decided) likelihood *= this.paths[index]?.belief ?? 1;
      if (likelihood < least) return index - 1;
    }
    return this.paths.length - 1;
  }

  private pick(share: number): number {
    return this.chain.root + Math.floor(share * this.paths.length);
  }

  private at(length: number): Path | undefined {
    return this.paths[length - this.chain.root];
  }
}

const share = fc.double({ min: 0, max: 0.999, noNaN: true });
const step = fc.oneof(
  fc.record({
    kind: fc.constant('propose' as const),
    share: fc.oneof(fc.constant(0.999), share),
    drafts: fc.array(
      fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
      { minLength: 1, maxLength: 5 },
    ),
    belief: fc.constantFrom(...BELIEFS),
  }),
  fc.record({ kind: fc.constantFrom('decide' as const, 'assign' as const, 'unassign' as const), share }),
  fc.record({ kind: fc.constant('decide' as const), share: fc.constant(0) }),
  fc.record({ kind: fc.constant('advance' as const) }),
);

describe('a chain', () => {
  it('counts open paths, likelihood and refuted drafts as a list of its paths does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const played = new Played();
        for (const one of steps) {
          if (one.kind === 'propose') played.propose(one.share, one.drafts, one.belief);
          else if (one.kind === 'advance') played.advance();
          else played[one.kind](one.share);
          played.check();
        }
      }),
      { numRuns: 300 },
    );
  });

  it('has the paths that go where it goes', () => {
    const lines = new Lines();
    const chain = new DraftChain(lines, PROMPT_TOKENS, 100, REACH);
    const wrong = lines.leave(TEXT, 4);
    chain.propose(wrong, 3, 6, 0.5);
    expect(chain.has(TEXT, 4)).toBe(true);
    expect(chain.has(TEXT, 5)).toBe(false);
    expect(chain.has(wrong, 6)).toBe(true);
    expect(chain.has(wrong, 7)).toBe(false);
    expect(chain.has(TEXT, 2)).toBe(false);
    chain.decide(4);
    expect([chain.has(wrong, 5), chain.has(TEXT, 5), chain.end]).toEqual([false, true, 5]);
  });

  it('has nothing open after the end of the text', () => {
    const chain = new DraftChain(new Lines(), PROMPT_TOKENS, 5, REACH);
    chain.propose(TEXT, 3, 5, 0.9);
    expect(chain.openPathsUpTo(chain.end)).toBe(2);
    chain.decide(3);
    chain.decide(4);
    expect([chain.openPathsUpTo(chain.end), chain.isDecided(5)]).toEqual([0, true]);
  });
});
