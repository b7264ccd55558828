import { v7 as uuidv7 } from 'uuid';
import type { JsonRecord, JsonValue } from '../../base/json';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import { type Field, isMany, storedColumn } from '../../hook/field';
import { defineHook, eventName, type Hook } from '../../hook/hook';
import type { Operation } from '../../hook/operation';
import type { Listener } from '../../listener/declared/listener';
import { hooksOf, patternsOf } from '../../listener/declared/pattern';
import type { FieldKind } from '../../match/field-kind';

/** An invented event, and the hook that could have made it. */
export interface Sample {
  readonly hook: Hook;
  readonly event: HookEvent;
}

/** The first event that a listener could get, with sample values. If no hook in this process makes such events, it has no data. */
export function sampleEvent(listener: Listener, catalog: HookCatalog): Sample {
  const { hook, operation } = possibleEvent(listener, catalog) ?? {
    hook: defineHook(nameFor(listener), { provides: [] }),
    operation: null,
  };
  return { hook, event: sampleOf(hook, operation, listener.owner) };
}

/** An event of this hook with sample values. */
export function sampleOf(
  hook: Hook,
  operation: Operation | null,
  sender: string | null,
): HookEvent {
  const data = sampleValues(hook, sampleValue);
  const { headers } = hook.declared;
  return {
    id: uuidv7(),
    hook: hook.name,
    name: eventName(hook, operation),
    operation,
    ref: null,
    sender,
    // A function expects the values of a real row.
    headers: typeof headers === 'object' ? headers : {},
    occurredAt: new Date(),
    ...(hook.isOpen && { dueAt: new Date() }),
    data,
    previous: isChange(operation) ? sampleValues(hook, oldValue) : null,
    changed: operation === 'remove' ? [] : Object.keys(data),
  };
}

function possibleEvent(listener: Listener, catalog: HookCatalog) {
  for (const hook of hooksOf(listener, catalog))
    for (const operation of hook.metadata ? hook.operations : [null])
      if (wants(listener, hook, operation)) return { hook, operation };
  return undefined;
}

function wants({ pattern, operations }: Listener, hook: Hook, operation: Operation | null) {
  if (pattern !== null && !patternsOf(eventName(hook, operation)).includes(pattern)) return false;
  return operations === null || (operation !== null && operations.includes(operation));
}

/** A hook or event name that matches the listener. */
function nameFor({ hook, pattern }: Listener): string {
  return hook ?? pattern?.replace('*', 'test') ?? 'test';
}

function isChange(operation: Operation | null): boolean {
  return operation !== null && operation !== 'insert' && operation !== 'remove';
}

function sampleValues(hook: Hook, sample: (field: Field) => JsonValue): JsonRecord {
  return Object.fromEntries([...hook.fields].map(([path, field]) => [path, sample(field)]));
}

/** Another value than the sample, unless it is a key: null where the column can be null. */
function oldValue(field: Field): JsonValue {
  if (isMany(field)) return [];
  const column = storedColumn(field);
  if (!column || column.isNullable || field.related) return null;
  if (column.isPrimary) return sampleItem(field, SAMPLES);
  return column.enum?.[1] ?? sampleItem(field, OLD_SAMPLES);
}

function sampleValue(field: Field): JsonValue {
  const value = sampleItem(field, SAMPLES);
  return isMany(field) ? [value] : value;
}

function sampleItem(field: Field, samples: Samples): JsonValue {
  const column = storedColumn(field);
  const { kind } = field;
  const [member] = column?.enum ?? [];
  if (member !== undefined && kind !== 'list') return member;
  return column?.type === 'uuid' && kind === 'text' ? SAMPLE_UUID : samples[kind];
}

const SAMPLE_UUID = '00000000-0000-4000-8000-000000000000';

type Samples = Readonly<Record<FieldKind, JsonValue>>;

const SAMPLES: Samples = {
  text: 'sample',
  number: 1,
  exact: '1',
  boolean: true,
  instant: '2000-01-01T00:00:00.000Z',
  date: '2000-01-01',
  time: '00:00:00',
  json: {},
  list: [],
  bytes: Buffer.from('sample').toString('base64'),
  unknown: 'sample',
};

const OLD_SAMPLES: Samples = {
  text: 'old sample',
  number: 0,
  exact: '0',
  boolean: false,
  instant: '1999-12-31T00:00:00.000Z',
  date: '1999-12-31',
  time: '12:00:00',
  json: {},
  list: [],
  bytes: Buffer.from('old sample').toString('base64'),
  unknown: 'old sample',
};
