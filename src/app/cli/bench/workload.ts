/** What is asked of every drafter and mode: kinds of text in which drafts are often, sometimes and seldom right. */
export const PROMPTS = {
  code: `def add(a, b):
    return a + b

def subtract(a, b):
    return a - b

def multiply(a, b):
`,
  list: '1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2,',
  prose: 'It was a dark and stormy night, and the old sailor',
} as const;

export interface Effort {
  readonly tokens: number;
  readonly mostRounds: number;
  /** For all drafters together. The first round of each is made in any case. */
  readonly budgetMs: number;
}

/** Under a minute on a machine that decodes 20 tokens/s, starting up included. */
export const QUICK: Effort = { tokens: 32, mostRounds: 3, budgetMs: 45_000 };
export const THOROUGH: Effort = { tokens: 96, mostRounds: 7, budgetMs: 300_000 };
