import { z } from 'zod';

/** A JSON schema as far as messages use it. */
interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  /** Exclusive by a constant, so that the first that holds is the one. */
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** `false` after the last of `prefixItems`. */
  readonly items?: Schema | false;
  readonly prefixItems?: readonly Schema[];
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** Keywords that no value can break: fields that a later version adds are no reason to reject a message. */
const SILENT = new Set(['$schema', 'additionalProperties', 'description']);
const SPOKEN = new Set([
  ...[
    'type',
    'const',
    'enum',
    'oneOf',
    'properties',
    'required',
    'items',
    'prefixItems',
    'pattern',
    'maxLength',
  ],
  ...['minimum', 'exclusiveMinimum', 'maximum', 'minItems', 'maxItems'],
]);

/**
 * The yes or no of `schema.safeParse` as one function of straight-line code. Every message of every hop is checked, by
 * processes that were asleep until then: there the schema library's own check takes ten times as long.
 * Throws for a schema that uses more than messages do.
 */
export function compileCheck<Type>(schema: z.ZodType<Type>): (value: unknown) => value is Type {
  const patterns: RegExp[] = [];
  let names = 0;

  const condition = (node: Schema, value: string): string => {
    const unknown = Object.keys(node).find((keyword) => !SPOKEN.has(keyword) && !SILENT.has(keyword));
    if (unknown !== undefined)
      throw new TypeError(`a message's schema uses ${unknown}, which is not compiled`);
    if (node.const !== undefined) return `${value}===${JSON.stringify(node.const)}`;
    if (node.enum !== undefined)
      return `(${node.enum.map((allowed) => `${value}===${JSON.stringify(allowed)}`).join('||')})`;
    if (node.oneOf !== undefined)
      return `(${node.oneOf.map((member) => `(${condition(member, value)})`).join('||')})`;
    return [typeCondition(node.type, value), ...limits(node, value), ...parts(node, value)].join('&&');
  };

  const limits = (node: Schema, value: string): string[] => {
    const found: string[] = [];
    const limit = (bound: number | undefined, text: string) => {
      if (bound !== undefined) found.push(`${value}${text}${bound}`);
    };
    limit(node.minimum, '>=');
    limit(node.exclusiveMinimum, '>');
    limit(node.maximum, '<=');
    limit(node.maxLength, '.length<=');
    limit(node.minItems, '.length>=');
    limit(node.maxItems, '.length<=');
    if (node.prefixItems !== undefined) found.push(`${value}.length===${node.prefixItems.length}`);
    if (node.pattern !== undefined)
      found.push(`patterns[${patterns.push(new RegExp(node.pattern)) - 1}].test(${value})`);
    return found;
  };

  const parts = (node: Schema, value: string): string[] => {
    const fields = Object.entries(node.properties ?? {}).map(([key, field]) => {
      const part = `${value}[${JSON.stringify(key)}]`;
      const holds = condition(field, part);
      return node.required?.includes(key) ? holds : `(${part}===undefined||${holds})`;
    });
    const places = (node.prefixItems ?? []).map((item, index) => condition(item, `${value}[${index}]`));
    if (node.items === undefined || node.items === false) return [...fields, ...places];
    const each = `item${names++}`;
    return [...fields, ...places, `${value}.every((${each})=>${condition(node.items, each)})`];
  };

  const json = z.toJSONSchema(schema, { io: 'output' }) as Schema;
  // The source is made of our own schemas alone; nothing from outside enters it.
  const make = new Function('patterns', `return (value)=>${condition(json, 'value')}`);
  return make(patterns) as (value: unknown) => value is Type;
}

function typeCondition(type: Schema['type'], value: string): string {
  switch (type) {
    case 'object':
      return `typeof ${value}==='object'&&${value}!==null&&!Array.isArray(${value})`;
    case 'array':
      return `Array.isArray(${value})`;
    case 'integer':
      return `Number.isSafeInteger(${value})`;
    case 'number':
      return `Number.isFinite(${value})`;
    case 'string':
    case 'boolean':
      return `typeof ${value}==='${type}'`;
    default:
      throw new TypeError(`a message's schema has a part of type ${String(type)}, which is not compiled`);
  }
}
