/** States within states that are looked at. */
export const DEEPEST = 8;

/** The active leaves of an XState value, each with its ancestors: `{ running: 'opening' }` is `running.opening`. */
export function activeStates(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || depth === DEEPEST) return [];
  return Object.entries(value).flatMap(([state, inner]) => {
    const leaves = activeStates(inner, depth + 1);
    return leaves.length === 0 ? [state] : leaves.map((leaf) => `${state}.${leaf}`);
  });
}

/** States with every state that they lie in, the machine itself (`''`) included. */
export function withAncestors(states: readonly string[]): ReadonlySet<string> {
  const all = new Set(['']);
  for (const state of states) {
    const keys = state.split('.');
    for (let length = 1; length <= keys.length; length++) all.add(keys.slice(0, length).join('.'));
  }
  return all;
}
