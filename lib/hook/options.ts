import type { Condition } from '../match/matcher';
import type { BodyFormat } from '../options/body-format';
import type { DeliveryOptions } from '../options/delivery';
import type { ListenerOptions } from '../options/listener';
import type { HookEvent } from './event';
import type { Operation } from './operation';

/** A frozen plain copy of the true row: what `find()` would give, nested as the entity is, owned relations as `{ author: { id } }`. */
export type HookRow = Readonly<Record<string, unknown>>;

/** Listeners of one event that are stored nowhere else: URLs, or what `listener(…)` takes. At most 100. */
export type Targets = readonly (string | ListenerOptions)[];

/**
 * Names further listeners of an event when it is captured, inside the transaction of the write. It gets the event frozen, as it will
 * be told; the database's own time of it may differ a little from `occurredAt`.
 */
export type Resolve = (event: HookEvent) => Targets | Promise<Targets>;

/** What `@ModelHook` takes. */
export interface ModelHookOptions<
  Provides extends string = string,
  // A function that names its row's class (`(row: Person) => …`) must stay assignable.
  Row = never,
> {
  /**
   * What listeners may see and filter on: columns, embedded paths `'home.city'`, ids of owned relations `'author.id'`. `'*'` means
   * every column but the primary key, relation ids and `select: false` ones; it may stand beside others: `['*', 'id']`.
   */
  readonly provides: '*' | readonly Provides[];
  /** Name of the hook, unique in the DataSource. @defaultValue the class name, its first letter lowered */
  readonly name?: string;
  /** The operations that make events. @defaultValue all five operations */
  readonly on?: Operation | readonly Operation[];
  /** The event name, or one for each operation. @defaultValue `person.created`, `.updated`, `.removed`, `.softRemoved`, `.recovered` */
  readonly event?: string | { readonly [O in Operation]?: string };
  /**
   * Conditions on columns, provided or not, and on computed fields. A change whose row does not satisfy all of them is no event; a
   * removed row is judged by its old values. @defaultValue none
   */
  readonly when?: { readonly [field: string]: Condition };
  /** Further provided fields, by name. */
  readonly compute?: { readonly [field: string]: (row: Row) => unknown };
  /** Canonical URL of the resource. */
  readonly ref?: (row: Row) => string | null | undefined;
  /** Whose event it is: a field path, or a function. */
  readonly sender?: string | ((row: Row) => string | null | undefined);
  /** Extra request headers. */
  readonly headers?:
    | { readonly [header: string]: string }
    | ((row: Row) => { readonly [header: string]: string });
  /** Dynamic listeners: further targets of one event. They are stored with it; keep it quick, for the write waits. @defaultValue none */
  readonly resolve?: Resolve;
  /** How the body is laid out. @defaultValue `'fields'` */
  readonly format?: BodyFormat;
  /** Read the old row `FOR UPDATE` first, so that `previous` is exact under concurrency. @defaultValue `false` */
  readonly exactPrevious?: boolean;
  /** A title for people. @defaultValue made from the name */
  readonly title?: string;
  /** A description for people. */
  readonly description?: string;
  /** Overrides of the delivery options for this hook. */
  readonly delivery?: DeliveryOptions;
}

/** What `hooks.define` takes: a hook that is not a model's. */
export interface DefinedHookOptions<Field extends string = string> {
  /** The fields that may be sent; others are left out. Paths nest: `'home.city'`. */
  readonly provides: readonly Field[];
  /** Dynamic listeners: further targets of one event. @defaultValue none */
  readonly resolve?: Resolve;
  /** How the body is laid out. @defaultValue `'fields'` */
  readonly format?: BodyFormat;
  /** A title for people. @defaultValue made from the name */
  readonly title?: string;
  /** A description for people. */
  readonly description?: string;
  /** Overrides of the delivery options for this hook. */
  readonly delivery?: DeliveryOptions;
}
