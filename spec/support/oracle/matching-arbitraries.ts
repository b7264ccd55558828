import fc from 'fast-check';
import type { HookEvent, JsonRecord, JsonValue, Operation } from '../../../lib';
import { SIGNAL, TYPES } from '../entities/matching-entities';
import { VALUES } from './matching-values';
import { conditions } from './matching-wishes';
import type { ColumnType, Wish } from './oracle';
import { same } from './oracle-values';

/** A listener that is not saved yet and has no id. */
export type Draft = Omit<Wish, 'id'>;

const OWNERS = ['acme', 'Acme', 'globex'];
const DEPTH = 3;
const OPERATIONS = ['insert', 'update', 'remove', 'softRemove', 'recover'] as const;
const SUFFIXES = {
  insert: 'created',
  update: 'updated',
  remove: 'removed',
  softRemove: 'softRemoved',
  recover: 'recovered',
} as const satisfies Record<Operation, string>;

const operations = fc.subarray<Operation>([...OPERATIONS], { minLength: 1 });

/** Patterns with the hooks that they can match. */
const HOOKS_OF_PATTERN: Readonly<Record<string, readonly (keyof typeof TYPES)[]>> = {
  '*': ['everything', 'other', SIGNAL],
  'everything.*': ['everything'],
  'everything.updated': ['everything'],
  'other.*': ['other'],
  '*.created': ['everything', 'other'],
  '*.updated': ['everything', 'other'],
  '*.removed': ['everything', 'other'],
  'signal.*': [SIGNAL],
  '*.sent': [SIGNAL],
  [SIGNAL]: [SIGNAL],
  '*.nothing': [],
  nothing: [],
};

export const drafts: fc.Arbitrary<Draft> = fc.oneof(
  { weight: 4, arbitrary: ofHook('everything') },
  { weight: 1, arbitrary: ofHook('other') },
  { weight: 1, arbitrary: ofHook(SIGNAL) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(...Object.keys(HOOKS_OF_PATTERN))
      .chain((pattern) => draft({ hook: null, pattern }, HOOKS_OF_PATTERN[pattern] ?? [])),
  },
);

function ofHook(hook: keyof typeof TYPES): fc.Arbitrary<Draft> {
  return draft({ hook, pattern: null }, [hook]);
}

function draft(
  of: Pick<Draft, 'hook' | 'pattern'>,
  hooks: readonly (keyof typeof TYPES)[],
): fc.Arbitrary<Draft> {
  const fields = hooks.flatMap((hook) => Object.entries<ColumnType>(TYPES[hook]));
  return fc.record({
    hook: fc.constant(of.hook),
    pattern: fc.constant(of.pattern),
    operations: of.hook === SIGNAL ? fc.constant(null) : rarely(operations),
    owner: rarely(fc.constantFrom(...OWNERS)),
    match: fields.length === 0 ? fc.constant([]) : fc.array(condition(fields), { maxLength: 3 }),
  });
}

function condition(fields: readonly (readonly [string, ColumnType])[]) {
  return fc
    .constantFrom(...fields)
    .chain(([field, type]) =>
      fc.record({ field: fc.constant(field), term: conditions(type, DEPTH) }),
    );
}

function rarely<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

/** Events as they are planned, with absent fields and nulls. */
export const events: fc.Arbitrary<HookEvent> = fc.oneof(
  { weight: 4, arbitrary: modelEvent('everything') },
  { weight: 2, arbitrary: modelEvent('other') },
  { weight: 1, arbitrary: eventOf(SIGNAL, null) },
);

function modelEvent(hook: 'everything' | 'other'): fc.Arbitrary<HookEvent> {
  return fc
    .constantFrom<Operation>(...OPERATIONS, 'insert', 'update')
    .chain((operation) => eventOf(hook, operation));
}

function eventOf(hook: keyof typeof TYPES, operation: Operation | null): fc.Arbitrary<HookEvent> {
  const types: Readonly<Record<string, ColumnType>> = TYPES[hook];
  const values = fc.record(
    Object.fromEntries(Object.entries(types).map(([field, type]) => [field, value(type)])),
    { requiredKeys: [] },
  );
  return fc
    .record({
      id: fc.uuid({ version: 7 }),
      sender: fc.constantFrom(null, ...OWNERS),
      now: values,
      old: values,
    })
    .map(({ id, sender, now, old }) => {
      const previous = comesAfter(operation)
        ? { ...(now as JsonRecord), ...(old as JsonRecord) }
        : null;
      return {
        id,
        hook,
        name: operation === null ? hook : `${hook}.${SUFFIXES[operation]}`,
        operation,
        ref: null,
        sender,
        headers: {},
        occurredAt: new Date(0),
        data: now as JsonRecord,
        previous,
        changed: changedFields(operation, now as JsonRecord, previous),
      };
    });
}

function comesAfter(operation: Operation | null): boolean {
  return operation === 'update' || operation === 'softRemove' || operation === 'recover';
}

function value(type: ColumnType): fc.Arbitrary<JsonValue> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...(VALUES[type] as readonly JsonValue[])) },
    { weight: 1, arbitrary: fc.constant(null) },
  );
}

function changedFields(
  operation: Operation | null,
  now: JsonRecord,
  previous: JsonRecord | null,
): readonly string[] {
  if (operation === 'remove') return [];
  const fields = Object.keys(now);
  return previous ? fields.filter((field) => !same(now[field], previous[field], 'jsonb')) : fields;
}
