import { isPlainObject, type JsonRecord, type JsonValue } from '../base/json';
import { type Field, isToMany } from './field';

export type JsonObject = { readonly [key: string]: JsonValue };

/**
 * Values by path as an object: `home.city` becomes `{ home: { city } }`. A to-one relation whose values are all null becomes null as a
 * whole. A to-many relation becomes a list of objects: `{ tags: [{ name }] }`.
 */
export function nested(values: JsonRecord, fields: ReadonlyMap<string, Field>): JsonObject {
  if (isFlat(fields) && !Object.keys(values).some(hasSteps)) return values;
  const entries = Object.entries(values).map(([path, value]) => {
    const field = fields.get(path);
    return { value, ...(field ? placeOf(field) : { branches: [], leaf: path }) };
  });
  return objectOf(entries);
}

/** Whether no field stands in another object, so that the values by path are the object. */
function isFlat(fields: ReadonlyMap<string, Field>): boolean {
  const known = flat.get(fields);
  if (known !== undefined) return known;
  const all = [...fields.values()];
  const isPlain = all.every(({ path, relation, related }) => {
    return relation === null && !related && !hasSteps(path);
  });
  flat.set(fields, isPlain);
  return isPlain;
}

/** By the fields of a hook, which do not change. */
const flat = new WeakMap<ReadonlyMap<string, Field>, boolean>();

function hasSteps(path: string): boolean {
  return path.includes('.');
}

/** A relation that a value stands in, with its path from the entity before it. */
export interface Branch {
  readonly path: string;
  readonly isMany: boolean;
}

/** Where a value stands in the object. */
export interface Place {
  readonly branches: readonly Branch[];
  /** The path of the value in the last of the branches. */
  readonly leaf: string;
}

interface Entry extends Place {
  readonly value: JsonValue;
}

export function placeOf({ path, relation, related }: Field): Place {
  if (related) {
    const { branches, leaf } = placeOf(related.field);
    const steps = related.steps.map((step) => ({
      path: step.propertyPath,
      isMany: isToMany(step),
    }));
    return { branches: [...steps, ...branches], leaf };
  }
  if (relation === null) return { branches: [], leaf: path };
  const branch = { path: relation, isMany: false };
  return { branches: [branch], leaf: path.slice(relation.length + 1) };
}

function objectOf(entries: readonly Entry[]): JsonObject {
  const tree: Record<string, JsonValue> = {};
  const done = new Set<string>();
  for (const { branches, leaf, value } of entries) {
    const [branch] = branches;
    if (!branch) put(tree, leaf.split('.'), value);
    else if (!done.has(branch.path)) {
      done.add(branch.path);
      const inside = entries.filter((entry) => entry.branches[0]?.path === branch.path);
      put(tree, branch.path.split('.'), branchOf(branch, inside.map(within)));
    }
  }
  return tree;
}

function within({ branches, ...entry }: Entry): Entry {
  return { ...entry, branches: branches.slice(1) };
}

function branchOf({ isMany }: Branch, entries: readonly Entry[]): JsonValue {
  if (entries.every(({ value }) => value === null)) return null;
  if (!isMany) return objectOf(entries);
  const lists = entries.map((entry) => ({ ...entry, list: listOf(entry.value) }));
  const length = Math.max(...lists.map(({ list }) => list.length));
  return Array.from({ length }, (_, n) =>
    objectOf(lists.map(({ list, ...entry }) => ({ ...entry, value: list[n] ?? null }))),
  );
}

function listOf(value: JsonValue): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function put(
  tree: Record<string, JsonValue>,
  [step = '', ...rest]: readonly string[],
  value: JsonValue,
): void {
  if (rest.length === 0) {
    define(tree, step, value);
    return;
  }
  const branch = Object.hasOwn(tree, step) && isPlainObject(tree[step]) ? tree[step] : {};
  define(tree, step, branch as JsonObject);
  put(branch as Record<string, JsonValue>, rest, value);
}

/** Defines the property, because an assignment to `__proto__` would change the object's prototype. */
function define(tree: Record<string, JsonValue>, key: string, value: JsonValue): void {
  Object.defineProperty(tree, key, { value, enumerable: true, writable: true, configurable: true });
}
