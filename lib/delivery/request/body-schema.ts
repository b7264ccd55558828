import type { JsonValue } from '../../base/json';
import { type Field, membersOf, storedColumn } from '../../hook/field';
import type { Hook } from '../../hook/hook';
import { type Branch, type Place, placeOf } from '../../hook/nested';
import type { FieldKind } from '../../match/field-kind';
import type { BodyFormat } from '../../options/body-format';
import { showsContext } from './body';

/** A JSON Schema, as JSON. */
export type JsonSchema = { readonly [keyword: string]: JsonValue };

/**
 * The schema of the JSON body of an event: dialect 2020-12, without `$schema`. Fields of a class that has subclasses are not required,
 * because events of a subclass may lack them.
 *
 * @see https://json-schema.org/draft/2020-12
 */
export function bodySchema(hook: Hook, event: string, format: BodyFormat): JsonSchema {
  const data = dataSchema(hook);
  switch (format) {
    case 'fields':
      return showsContext(hook, format) ? withContext(data) : data;
    case 'envelope':
      return envelopeSchema(hook, event, data);
    case 'standard':
      return object({
        type: { const: event },
        timestamp: INSTANT,
        data,
        ...(showsContext(hook, format) && { context: CONTEXT_SCHEMA }),
      });
    case 'cloudevents':
      return object(
        {
          specversion: { const: '1.0' },
          id: UUID,
          type: { const: event },
          source: TEXT,
          sender: TEXT,
          time: INSTANT,
          datacontenttype: { const: 'application/json' },
          data,
          context: TEXT,
        },
        ['specversion', 'id', 'type', 'source', 'time', 'datacontenttype', 'data'],
      );
  }
}

const TEXT = { type: 'string' };
const UUID = { type: 'string', format: 'uuid' };
const INSTANT = { type: 'string', format: 'date-time' };
const CONTEXT_SCHEMA = { type: ['object', 'null'] };

function envelopeSchema(hook: Hook, event: string, data: JsonSchema): JsonSchema {
  return object(
    {
      id: UUID,
      event: { const: event },
      operation: { enum: [...(hook.metadata ? hook.operations : [null])] },
      ref: { type: ['string', 'null'] },
      sender: { type: ['string', 'null'] },
      timestamp: INSTANT,
      data,
      previous: { anyOf: [{ ...data, required: [] }, { type: 'null' }] },
      changed: { type: 'array', items: TEXT },
      context: { type: 'object' },
    },
    ['id', 'event', 'operation', 'ref', 'sender', 'timestamp', 'data', 'previous', 'changed'],
  );
}

/** The schema of the body `fields` of a hook with the option `context`. */
function withContext(data: JsonSchema): JsonSchema {
  const { properties, required } = data as { properties?: object; required?: readonly string[] };
  return {
    ...data,
    properties: { context: CONTEXT_SCHEMA, ...properties },
    required: ['context', ...(required ?? [])],
  };
}

function object(
  properties: { readonly [name: string]: JsonValue },
  required: readonly string[] = Object.keys(properties),
): JsonSchema {
  return { type: 'object', properties, required };
}

/** A value of the body: where it stands, and its schema. */
interface Entry extends Place {
  readonly schema: JsonSchema;
}

/** The properties of an object; those that a dotted path leads through are trees themselves. */
type Tree = Map<string, JsonSchema | Tree>;

/** The values nest as `nested` does it. */
function dataSchema({ fields, isOpen, metadata }: Hook): JsonSchema {
  if (isOpen) return { type: 'object' };
  const isWhole = (metadata?.childEntityMetadatas.length ?? 0) === 0;
  const entries = [...fields.values()].map((field) => ({
    ...placeOf(field),
    schema: valueSchema(field),
  }));
  return objectSchema(entries, isWhole);
}

function objectSchema(entries: readonly Entry[], isWhole: boolean): JsonSchema {
  const tree: Tree = new Map();
  for (const { branches, leaf, schema } of entries) {
    const [branch] = branches;
    if (!branch) put(tree, leaf.split('.'), schema);
    else {
      const inside = entries.filter((entry) => entry.branches[0]?.path === branch.path);
      put(tree, branch.path.split('.'), branchSchema(branch, inside, isWhole));
    }
  }
  return treeSchema(tree, isWhole);
}

/** A relation is null if none of its values is there. */
function branchSchema({ isMany }: Branch, entries: readonly Entry[], isWhole: boolean): JsonSchema {
  const inside = entries.map((entry) => ({ ...entry, branches: entry.branches.slice(1) }));
  const row = objectSchema(inside, isWhole);
  return isMany ? { type: ['array', 'null'], items: row } : { ...row, type: ['object', 'null'] };
}

function put(tree: Tree, [step = '', ...rest]: readonly string[], schema: JsonSchema): void {
  if (rest.length === 0) {
    tree.set(step, schema);
    return;
  }
  const known = tree.get(step);
  const branch: Tree = known instanceof Map ? known : new Map();
  tree.set(step, branch);
  put(branch, rest, schema);
}

function treeSchema(tree: Tree, isWhole: boolean): JsonSchema {
  const properties = [...tree].map(([step, member]): [string, JsonSchema] => [
    step,
    member instanceof Map ? treeSchema(member, isWhole) : member,
  ]);
  return object(Object.fromEntries(properties), isWhole ? [...tree.keys()] : []);
}

/** A computed value, and one that a transformer made, can be anything. */
function valueSchema(field: Field): JsonSchema {
  const column = storedColumn(field);
  const members = membersOf(field);
  const isNullable = column?.isNullable !== false || field.related !== null;
  if (members !== null) return { enum: isNullable ? [...members, null] : [...members] };
  const schema = column?.transformer ? {} : SCHEMAS[field.kind];
  const { type, ...others } = schema;
  if (type === undefined) return others;
  return { type: isNullable ? [type, 'null'] : type, ...others };
}

const SCHEMAS: Readonly<Record<FieldKind, { readonly [keyword: string]: string }>> = {
  text: { type: 'string' },
  number: { type: 'number' },
  exact: { type: 'string' },
  boolean: { type: 'boolean' },
  instant: { type: 'string', format: 'date-time' },
  date: { type: 'string', format: 'date' },
  time: { type: 'string' },
  json: {},
  list: { type: 'array' },
  bytes: { type: 'string', contentEncoding: 'base64' },
  unknown: {},
};
