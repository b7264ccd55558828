import { createHash } from 'node:crypto';
import type { DataSource, EntityMetadata } from 'typeorm';
import { UnknownFieldError, UnknownOperationError } from '../errors/hook-errors';
import type { BodyFormat } from '../options/body-format';
import { OPEN_SHAPE } from '../store/events';
import { checkSteps, EntityFields } from './entity-fields';
import { type Field, isMany, isOrdinary, untyped } from './field';
import { checkedDefinition, checkedHook, checkedInteractive } from './hook-shape';
import { checkRecheck } from './key-fields';
import type { DeclaredHook } from './model-hook';
import { EVENT_SUFFIX, isOperation, OPERATIONS, type Operation } from './operation';
import {
  type DefinedHookOptions,
  INTERACTIVE_DEFAULTS,
  type InteractiveHookOptions,
} from './options';
import { pathsOfRef, type RefTemplate, refTemplate } from './ref-template';
import { type WhenCondition, whenConditions } from './when';

/** An attached hook: names are resolved and defaults filled in. */
export interface Hook {
  readonly name: string;
  readonly title: string;
  readonly description: string | null;
  /** The entity of the hook. Null for a defined hook. */
  readonly metadata: EntityMetadata | null;
  /** Empty for a defined hook. */
  readonly operations: readonly Operation[];
  /** The provided fields, in the order of a body. */
  readonly fields: ReadonlyMap<string, Field>;
  /** Whether it provides all that an event holds, whatever the names. Only hooks of schedules do. */
  readonly isOpen: boolean;
  /** A text that two hooks share if and only if they provide fields of the same paths. It is stored with each event. */
  readonly shape: string;
  /** Conditions that a row must satisfy for its change to become an event. Empty for a defined hook. */
  readonly when: readonly WhenCondition[];
  /** The parsed URL template of `ref`. Null if `ref` is a function or left out. */
  readonly ref: RefTemplate | null;
  readonly format: BodyFormat;
  /** Time limit of a call, in milliseconds. Null if the hook is not interactive. */
  readonly callTimeoutMs: number | null;
  /** The checked options. For a defined hook, those of `define`. */
  readonly declared: DeclaredHook;
}

/**
 * Resolves a declaration against its entity. Throws `OPTION_INVALID`, `HOOK_UNKNOWN_FIELD`, `HOOK_UNKNOWN_OPERATION`,
 * `HOOK_REF_INVALID` and, for the conditions of `when`, `FILTER_OPERAND_INVALID` and `FILTER_REGEX_UNSUPPORTED`.
 */
export function resolveHook(
  dataSource: DataSource,
  metadata: EntityMetadata,
  given: DeclaredHook,
): Hook {
  const declared = checkedHook(given, lowerFirst(metadata.name));
  const name = declared.name ?? lowerFirst(metadata.name);
  const fields = providedFields(dataSource, metadata, declared, name);
  checkRecheck(name, declared, { metadata, fields });
  const known = new EntityFields(dataSource, metadata);
  const { ref } = declared;
  return {
    name,
    title: declared.title ?? titleOf(name),
    description: declared.description ?? null,
    metadata,
    operations: operationsOf(name, declared),
    fields,
    isOpen: false,
    shape: shapeOf(fields),
    when: whenConditions(name, declared, known),
    ref: typeof ref === 'string' ? refTemplate(name, ref, known.columns) : null,
    format: declared.format ?? 'fields',
    callTimeoutMs: null,
    declared,
  };
}

/** A hook without an entity. Its fields have no column type. Throws `OPTION_INVALID`. */
export function defineHook(name: string, given: DefinedHookOptions): Hook {
  const options = checkedDefinition(given, name);
  const fields = new Map(options.provides.map((path) => [path, untyped(path)]));
  checkRecheck(name, options, { metadata: null, fields });
  return {
    name,
    title: options.title ?? titleOf(name),
    description: options.description ?? null,
    metadata: null,
    operations: [],
    fields,
    isOpen: false,
    shape: shapeOf(fields),
    when: [],
    ref: null,
    format: options.format ?? 'fields',
    callTimeoutMs: null,
    declared: options,
  };
}

/** A hook without an entity that provides each field of its events. A release may send other fields than another one. */
export function openHook(name: string): Hook {
  return {
    ...defineHook(name, { provides: [] }),
    fields: new AnyField(),
    isOpen: true,
    shape: OPEN_SHAPE,
  };
}

/** Has a field of each path, and lists none. */
class AnyField extends Map<string, Field> {
  override has(_path: string): boolean {
    return true;
  }

  override get(path: string): Field {
    return untyped(path);
  }
}

/** A hook whose callers wait for an answer. Throws `OPTION_INVALID`. */
export function defineInteractive(name: string, given: InteractiveHookOptions): Hook {
  const { timeoutMs = INTERACTIVE_DEFAULTS.timeoutMs, ...options } = checkedInteractive(
    given,
    name,
  );
  return { ...defineHook(name, options), callTimeoutMs: timeoutMs };
}

/** Whether events of the hook are calls: nothing but its one listener gets them. */
export function isInteractive({ callTimeoutMs }: Hook): boolean {
  return callTimeoutMs !== null;
}

/** The event name of an operation. An event of a defined hook has the name of the hook. */
export function eventName(hook: Hook, operation: Operation | null): string {
  if (operation === null) return hook.name;
  const { event } = hook.declared;
  const named = typeof event === 'string' ? event : event?.[operation];
  return named ?? `${hook.name}.${EVENT_SUFFIX[operation]}`;
}

/**
 * What an event stores so that it is merged with the others of its row and transaction: the name of an update, empty if the hook has no
 * updates. Null if events of the hook are not merged.
 */
export function updateEventOf(hook: Hook): string | null {
  if (hook.declared.coalesce === undefined) return null;
  return hook.operations.includes('update') ? eventName(hook, 'update') : '';
}

/** Every event name of the hook. */
export function eventNames(hook: Hook): readonly string[] {
  if (hook.metadata === null) return [hook.name];
  return [...new Set(hook.operations.map((operation) => eventName(hook, operation)))];
}

/** Whether events of the hook can have a sender. `send` of a defined hook always accepts one. */
export function namesSender(hook: Hook): boolean {
  return hook.metadata === null || hook.declared.sender !== undefined;
}

/** The columns that the `ref` and the `sender` of an event are made of, if they are no functions. */
export function pathsOfExtras({ ref, declared: { sender } }: Hook): readonly string[] {
  return [...pathsOfRef(ref), ...(typeof sender === 'string' ? [sender] : [])];
}

/**
 * The provided fields of one concrete class, in the order of `provides`. A child in a single-table inheritance has only those fields of
 * its parent's hook that the child has.
 */
export function providedFields(
  dataSource: DataSource,
  metadata: EntityMetadata,
  declared: DeclaredHook,
  name: string,
): ReadonlyMap<string, Field> {
  const known = new EntityFields(dataSource, metadata);
  const wanted = typeof declared.provides === 'string' ? [declared.provides] : declared.provides;
  const isChild = metadata.tableType === 'entity-child';
  const computed = Object.keys(declared.compute ?? {});
  const fields = wanted.flatMap((path): readonly Field[] => {
    if (path === '*') return [...known.columns.values()].filter(isOrdinary);
    const field = known.find(path);
    if (field) checkSteps(name, 'provides', field);
    if (field) return [field];
    if (isChild || computed.includes(path)) return [];
    throw known.unknown(name, path);
  });
  const { sender } = declared;
  if (typeof sender === 'string' && !known.columns.has(sender) && !isChild)
    throw new UnknownFieldError(name, sender, [...known.columns.keys()]);
  return new Map([...fields, ...computed.map(untyped)].map((field) => [field.path, field]));
}

/** Computed once for each hook, and constant, so that SQL can write it into an event. */
function shapeOf(fields: ReadonlyMap<string, Field>): string {
  // A list has another form than a value, so a relation that becomes to-many changes the shape.
  const forms = [...fields.values()].map((field) => `${field.path}${isMany(field) ? '[]' : ''}`);
  const paths = JSON.stringify(forms.sort());
  return createHash('sha256').update(paths).digest('hex').slice(0, SHAPE_LENGTH);
}

const SHAPE_LENGTH = 16;

function operationsOf(name: string, { on, event }: DeclaredHook): readonly Operation[] {
  const named = on === undefined ? OPERATIONS : [on].flat();
  const keys = typeof event === 'object' ? Object.keys(event) : [];
  for (const operation of [...named, ...keys])
    if (!isOperation(operation))
      throw new UnknownOperationError(name, String(operation), OPERATIONS);
  return named;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** `orderLine.v2` → `Order line v2`. */
function titleOf(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[._-]+/g, ' ')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
