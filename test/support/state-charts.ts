import type { AnyStateMachine, AnyStateNode } from 'xstate';

/** One transition as a reader needs it. */
interface Step {
  readonly event: string;
  readonly guard: string | undefined;
  readonly actions: readonly string[];
  readonly targets: readonly AnyStateNode[];
}

/** A machine's states, what each accepts and does, and a diagram: Markdown, generated from the machine itself. */
export function stateChart(machine: AnyStateMachine, purpose: string): string {
  const states = descendants(machine.root);
  return [
    `## ${machine.id}`,
    '',
    purpose,
    '',
    '```mermaid',
    'stateDiagram-v2',
    ...diagram(machine.root, 1),
    ...states.flatMap((state) => arrows(state)),
    '```',
    '',
    '| state | meaning | on entry | accepts |',
    '|---|---|---|---|',
    ...[machine.root, ...states].filter(isWorthARow).map(row),
    '',
  ].join('\n');
}

/** Every state below `node`, outer ones first. */
export function descendants(node: AnyStateNode): AnyStateNode[] {
  return Object.values(node.states).flatMap((child: AnyStateNode) => [child, ...descendants(child)]);
}

function isWorthARow(state: AnyStateNode): boolean {
  return state.path.length > 0 || steps(state).length > 0;
}

function row(state: AnyStateNode): string {
  const accepts = steps(state).map((step) => {
    const guard = step.guard === undefined ? '' : ` [${step.guard}]`;
    const actions = step.actions.length === 0 ? '' : ` / ${step.actions.join(', ')}`;
    const targets = step.targets.length === 0 ? '' : ` → ${step.targets.map(nameOf).join(', ')}`;
    return `\`${step.event}\`${guard}${actions}${targets}`;
  });
  const entry = state.entry.map(actionName).join(', ');
  return `| ${nameOf(state)} | ${state.description ?? ''} | ${entry} | ${accepts.join('<br>')} |`;
}

function diagram(node: AnyStateNode, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const children: AnyStateNode[] = Object.values(node.states);
  const lines: string[] = [];
  for (const child of children) {
    if (Object.keys(child.states).length === 0) {
      lines.push(`${indent}state "${child.key}" as ${idOf(child)}`);
      if (child.type === 'final') lines.push(`${indent}${idOf(child)} --> [*]`);
      continue;
    }
    lines.push(
      `${indent}state "${child.key}" as ${idOf(child)} {`,
      ...diagram(child, depth + 1),
      `${indent}}`,
    );
  }
  const [initial] = node.type === 'parallel' ? [] : (node.initial?.target ?? []);
  if (initial !== undefined) lines.push(`${indent}[*] --> ${idOf(initial)}`);
  return lines;
}

function arrows(state: AnyStateNode): string[] {
  return steps(state).flatMap(({ event, guard, targets }) => {
    const label = guard === undefined ? event : `${event} [${guard}]`;
    // A colon would end the label.
    return targets.map((target) => `  ${idOf(state)} --> ${idOf(target)} : ${label.replaceAll(':', ' ')}`);
  });
}

function steps(state: AnyStateNode): Step[] {
  const onEvents = [...state.transitions.values()].flat();
  return [...onEvents, ...(state.always ?? [])].map((transition) => ({
    event: eventName(transition.eventType),
    guard: guardName(transition.guard),
    actions: transition.actions.map(actionName),
    targets: transition.target ?? [],
  }));
}

function eventName(type: string): string {
  if (type === '') return 'always';
  if (type === '*') return 'any event';
  const [, delay] = /^xstate\.after\.([^.]+)\./.exec(type) ?? [];
  return delay === undefined ? type : `after ${delay}`;
}

function guardName(guard: unknown): string | undefined {
  if (guard === undefined) return undefined;
  return typeof guard === 'string' ? guard : actionName(guard);
}

function actionName(action: unknown): string {
  if (typeof action === 'string') return action;
  if (typeof action === 'object' && action !== null && 'type' in action) return String(action.type);
  return 'built in';
}

function nameOf(state: AnyStateNode): string {
  return state.path.length === 0 ? '(anywhere)' : state.path.join('.');
}

function idOf(state: AnyStateNode): string {
  return state.path.join('_');
}
