import type { JsonRecord, JsonValue } from '../base/json';
import type { HookEvent } from '../hook/event';

/** A value of an entity as an event holds it: dates, bigints and bytes are texts. */
export type JsonOf<Value> = Value extends string | number | boolean | null
  ? Value
  : Value extends Date | bigint | Uint8Array
    ? string
    : Value extends undefined
      ? never
      : JsonValue;

/** The data of events of an entity. A field that the hook does not provide is missing. Nested fields have paths such as `'home.city'`. */
export type EntityData<Entity> = {
  readonly [Name in keyof Entity & string]?: JsonOf<Entity[Name]>;
} & JsonRecord;

/** An event whose data is that of an entity. */
export type EventOf<Entity> = Omit<HookEvent, 'data' | 'previous'> & {
  readonly data: EntityData<Entity>;
  readonly previous: EntityData<Entity> | null;
};

/** The entities of hooks, or the data of defined hooks, by the names of the hooks. */
export type HookTypes = Readonly<Record<string, object>>;
