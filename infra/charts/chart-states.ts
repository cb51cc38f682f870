/** Active leaves of a state value, each with its ancestors: `{ running: 'opening' }` is `running.opening`. */
export function activeStates(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([state, inner]) => {
    const leaves = activeStates(inner);
    return leaves.length === 0 ? [state] : leaves.map((leaf) => `${state}.${leaf}`);
  });
}

/** The inverse: what XState calls the value of a state. */
export function stateValue(states: readonly string[]): string | Record<string, unknown> {
  const [only] = states;
  if (only !== undefined && states.length === 1 && !only.includes('.')) return only;
  const inner = new Map<string, string[]>();
  for (const state of states) {
    const dot = state.indexOf('.');
    const [head, rest] = dot < 0 ? [state, undefined] : [state.slice(0, dot), state.slice(dot + 1)];
    const leaves = inner.get(head) ?? [];
    if (rest !== undefined) leaves.push(rest);
    inner.set(head, leaves);
  }
  return Object.fromEntries(
    [...inner].map(([head, leaves]) => [head, leaves.length === 0 ? {} : stateValue(leaves)]),
  );
}
