import { Template } from '@huggingface/jinja';

export interface JinjaProgram {
  readonly render: (variables: Readonly<Record<string, unknown>>) => string;
  /** The texts that the template compares others with or looks for in them: arguments of calls, and what is `in`. */
  readonly soughtTexts: readonly string[];
}

/**
 * Compiles a Jinja template as transformers renders it. The library's `strip`, `lstrip` and `rstrip` take no argument
 * and strip white space whatever they are told: calls with one become calls of functions given here.
 */
export function compileJinja(source: string): JinjaProgram {
  const template = new Template(source);
  const soughtTexts = new Set<string>();
  for (const node of nodesOf(template.parsed)) {
    for (const sought of soughtBy(node)) soughtTexts.add(sought);
    if (isCall(node)) replaceStrip(node);
  }
  return {
    render: (variables) => template.render({ ...variables, ...strippers }),
    soughtTexts: [...soughtTexts],
  };
}

interface JinjaNode {
  readonly type: string;
  readonly [field: string]: unknown;
}

interface CallNode extends JinjaNode {
  callee: unknown;
  args: unknown[];
}

function isNode(value: unknown): value is JinjaNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function isCall(node: JinjaNode): node is CallNode {
  return node.type === 'CallExpression' && Array.isArray(node.args);
}

/** All nodes of a syntax tree, each before its children. */
function* nodesOf(value: unknown): Generator<JinjaNode> {
  if (typeof value !== 'object' || value === null) return;
  if (isNode(value)) yield value;
  const children = value instanceof Map ? [...value].flat() : Object.values(value);
  for (const child of children) yield* nodesOf(child);
}

function* soughtBy(node: JinjaNode): Generator<string> {
  const operator = isNode(node.operator) ? node.operator.value : undefined;
  const isSearch = operator === 'in' || operator === 'not in';
  const sides = [node.left, node.right];
  const isComparison = (operator === '==' || operator === '!=') && !sides.some(isRole);
  const compared = isSearch ? [node.left] : isComparison ? sides : [];
  for (const candidate of isCall(node) ? node.args : compared)
    if (isNode(candidate) && candidate.type === 'StringLiteral') yield String(candidate.value);
}

/** What is compared most of all, and is no content. */
function isRole(value: unknown): boolean {
  return isNode(value) && isNode(value.property) && value.property.value === 'role';
}

/** Names that no template can write, and so none has as its own. */
const strippers = {
  'strip()': (text: unknown, characters: unknown) => stripped(text, characters, true, true),
  'lstrip()': (text: unknown, characters: unknown) => stripped(text, characters, true, false),
  'rstrip()': (text: unknown, characters: unknown) => stripped(text, characters, false, true),
} as const;

/** `text.strip(characters)` becomes `strip()(text, characters)`. */
function replaceStrip(call: CallNode): void {
  const { callee, args } = call;
  if (!isNode(callee) || callee.type !== 'MemberExpression' || args.length !== 1) return;
  const { object, property, computed } = callee;
  if (computed !== false || !isNode(property) || !Object.hasOwn(strippers, `${property.value}()`)) return;
  call.callee = Object.assign(property, { value: `${property.value}()` });
  call.args = [object, ...args];
}

function stripped(text: unknown, characters: unknown, start: boolean, end: boolean): string {
  if (typeof text !== 'string' || typeof characters !== 'string')
    throw new Error(`only texts can be stripped, of the characters in a text`);
  const all = [...text];
  let from = 0;
  let to = all.length;
  while (start && from < to && characters.includes(all[from] as string)) from++;
  while (end && to > from && characters.includes(all[to - 1] as string)) to--;
  return all.slice(from, to).join('');
}
