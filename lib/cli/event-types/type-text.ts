import { isPlainObject, type JsonValue } from '../../base/json';
import type { JsonSchema } from '../../delivery/request/body-schema';

/** A schema as a TypeScript type. Knows the keywords that `bodySchema` uses; any other schema is `unknown`. */
export function typeText(schema: JsonSchema, indent = ''): string {
  const { anyOf, enum: members, type } = schema;
  if ('const' in schema) return JSON.stringify(schema.const);
  if (Array.isArray(members)) return union(members.map((member) => JSON.stringify(member)));
  if (Array.isArray(anyOf)) return union(anyOf.map((one) => typeText(one as JsonSchema, indent)));
  const types = [type].flat().filter((one): one is string => typeof one === 'string');
  if (types.length === 0) return 'unknown';
  return union(types.map((one) => ofType(one, schema, indent)));
}

function ofType(type: string, schema: JsonSchema, indent: string): string {
  switch (type) {
    case 'object':
      return objectText(schema, indent);
    case 'array':
      return `readonly ${inArray(schema.items, indent)}[]`;
    case 'integer':
      return 'number';
    default:
      return type;
  }
}

function inArray(items: JsonValue | undefined, indent: string): string {
  if (!isPlainObject(items)) return 'unknown';
  const text = typeText(items as JsonSchema, indent);
  return isUnion(items as JsonSchema) ? `(${text})` : text;
}

/** Whether the type of a schema may be a union. Members of an object that are unions do not count. */
function isUnion({ anyOf, enum: members, type }: JsonSchema): boolean {
  return [anyOf, members, type].some((one) => Array.isArray(one) && one.length > 1);
}

function objectText({ properties, required }: JsonSchema, indent: string): string {
  if (!isPlainObject(properties)) return '{ readonly [name: string]: unknown }';
  const names = Array.isArray(required) ? required : [];
  const inner = `${indent}  `;
  const members = Object.entries(properties).map(([name, schema]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    const mark = names.includes(name) ? '' : '?';
    return `${inner}readonly ${key}${mark}: ${typeText(schema as JsonSchema, inner)};`;
  });
  return members.length === 0 ? '{}' : `{\n${members.join('\n')}\n${indent}}`;
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ') || 'never';
}
