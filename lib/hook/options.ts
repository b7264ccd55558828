import type { Condition } from '../match/matcher';
import type { BodyFormat } from '../options/body-format';
import type { CriteriaMode } from '../options/criteria';
import type { DeliveryOptions } from '../options/delivery';
import type { ListenerTarget } from '../options/listener';
import type { ConfigClass } from './config-class';
import type { HookEvent } from './event';
import type { Operation } from './operation';

/** The ways to capture changes. */
export const CAPTURE_KINDS = ['subscribers', 'triggers'] as const;

/** What captures the changes of a hooked table: this package inside TypeORM, or triggers of the database. */
export type CaptureKind = (typeof CAPTURE_KINDS)[number];

/** What can be done about a `TRUNCATE`. */
export const TRUNCATE_ACTIONS = ['expand', 'refuse', 'ignore'] as const;

/** What a trigger does about a `TRUNCATE`: tells that each row was removed, refuses it, or tells nothing. */
export type TruncateAction = (typeof TRUNCATE_ACTIONS)[number];

/** What the events of one row are merged by. */
export const COALESCE_SCOPES = ['transaction'] as const;

/** What the events of one row are merged by: the transaction that wrote them. */
export type CoalesceScope = (typeof COALESCE_SCOPES)[number];

/** A frozen plain copy of the row in the database: what `find()` would return, nested like the entity, owned relations as `{ author: { id } }`. */
export type HookRow = Readonly<Record<string, unknown>>;

/** Dynamic listeners of one event: URLs, handlers, or what `listener(…)` takes. At most 100. */
export type Targets = readonly ListenerTarget[];

/**
 * Returns further listeners of an event when it is captured, inside the transaction of the write. It receives the event frozen, as it will
 * be sent; the time that the database stores may differ a little from `occurredAt`.
 */
export type Resolve = (event: HookEvent) => Targets | Promise<Targets>;

/** The options of `@ModelHook`. */
export interface ModelHookOptions<
  Provides extends string = string,
  // A function whose parameter has the type of the entity (`(row: Person) => …`) must stay assignable.
  Row = never,
> {
  /**
   * What listeners may see and filter on: columns, embedded paths `'home.city'`, ids of owned relations `'author.id'`, columns of related
   * entities `'author.name'`, `'tags.name'`. `'*'` means every column, the primary key included, except relation ids and `select: false`
   * columns; further fields may be added: `['*', 'author.id']`.
   */
  readonly provides: '*' | readonly Provides[];
  /**
   * Name of the hook, unique in the DataSource. Give it where code is minified: a renamed class renames its hook, and stored listeners of the
   * old name get nothing. @defaultValue the class name, its first letter lowered
   */
  readonly name?: string;
  /** The operations that make events. @defaultValue all five operations */
  readonly on?: Operation | readonly Operation[];
  /** The event name, or one for each operation. @defaultValue `person.created`, `.updated`, `.removed`, `.softRemoved`, `.recovered` */
  readonly event?: string | { readonly [O in Operation]?: string };
  /**
   * Conditions on columns, also of related entities, provided or not, and on computed fields. A change makes an event only if its row satisfies all of them. A
   * removed row is judged by its old values. @defaultValue none
   */
  readonly when?: { readonly [field: string]: Condition };
  /** Further provided fields, by name. Like all functions of a hook except `resolve`, they must not return a promise. */
  readonly compute?: {
    /** Returns the value of the field. */
    readonly [field: string]: (row: Row) => unknown;
  };
  /**
   * Canonical URL of the resource: a template over columns, `'https://api.example.com/people/{id}'`, or a function. A template is RFC 6570,
   * level 1: `{…}` holds the path of a column, whose value is percent-encoded. Null leaves no text.
   */
  readonly ref?: string | ((row: Row) => string | null | undefined);
  /** The account or tenant that the event belongs to: a column path, or a function. */
  readonly sender?: string | ((row: Row) => string | null | undefined);
  /** Extra request headers. */
  readonly headers?:
    | { readonly [header: string]: string }
    | ((row: Row) => { readonly [header: string]: string });
  /** Dynamic listeners: further targets of one event, stored with it. Keep it quick, because the write waits. @defaultValue none */
  readonly resolve?: Resolve;
  /** How the body is laid out. @defaultValue `'fields'` */
  readonly format?: BodyFormat;
  /**
   * Whether bodies in the formats `'fields'` and `'standard'` hold the context of the event, as `context`. Those of `'envelope'` and
   * `'cloudevents'` hold it in any case. A provided field `context` comes first. @defaultValue `false`
   */
  readonly context?: boolean;
  /**
   * Whether `previous` is exact though another transaction changes the row at the same time. Below PostgreSQL 18, `save()` locks the row
   * before it writes. @defaultValue `false`
   */
  readonly exactPrevious?: boolean;
  /**
   * What a write by criteria, by query builder or by `insert()` does: make an event of each row (`'expand'`), log a warning (`'warn'`), be
   * rejected (`'refuse'`), or nothing (`'ignore'`). @defaultValue the attachment's `criteria`
   */
  readonly criteria?: CriteriaMode;
  /**
   * `'transaction'`: several writes of one row in one transaction make one event, about the row before and after the transaction, or none
   * if both are the same. With `when`, the changes must be captured by triggers. @defaultValue each write makes an event
   */
  readonly coalesce?: CoalesceScope;
  /** What captures the changes. @defaultValue the attach option `capture` */
  readonly capture?: CaptureKind;
  /** What a `TRUNCATE` of the table does, if triggers capture its changes. @defaultValue the attach option `truncate` */
  readonly truncate?: TruncateAction;
  /**
   * The class of the `config` of listeners: its properties have decorators of class-validator. What a listener of this hook is saved with
   * must satisfy them, and initialisers of the class are defaults. Listeners by pattern (`hooks.listen`) are not validated by it.
   * @defaultValue none
   */
  readonly config?: ConfigClass;
  /** A title for people. @defaultValue made from the name */
  readonly title?: string;
  /** A description for people. */
  readonly description?: string;
  /** Overrides of the delivery options for this hook. */
  readonly delivery?: DeliveryOptions;
}

/** What `hooks.define` takes: a hook without an entity. */
export interface DefinedHookOptions<Field extends string = string> {
  /** The fields that may be sent; other values are left out. Paths nest: `'home.city'`. */
  readonly provides: readonly Field[];
  /** Dynamic listeners: further targets of one event. @defaultValue none */
  readonly resolve?: Resolve;
  /**
   * The class of the `config` of listeners: its properties have decorators of class-validator. What a listener of this hook is saved with
   * must satisfy them, and initialisers of the class are defaults. Listeners by pattern (`hooks.listen`) are not validated by it.
   * @defaultValue none
   */
  readonly config?: ConfigClass;
  /** How the body is laid out. @defaultValue `'fields'` */
  readonly format?: BodyFormat;
  /**
   * Whether bodies in the formats `'fields'` and `'standard'` hold the context of the event, as `context`. Those of `'envelope'` and
   * `'cloudevents'` hold it in any case. A provided field `context` comes first. @defaultValue `false`
   */
  readonly context?: boolean;
  /** A title for people. @defaultValue made from the name */
  readonly title?: string;
  /** A description for people. */
  readonly description?: string;
  /** Overrides of the delivery options for this hook. */
  readonly delivery?: DeliveryOptions;
}

/** What `hooks.interactive` takes: a hook without an entity, whose callers wait for the answer of its one listener. */
export interface InteractiveHookOptions<Field extends string = string>
  extends Omit<DefinedHookOptions<Field>, 'resolve'> {
  /**
   * Time limit of a call, in milliseconds. A handler and a listener can have a shorter one: the option `timeoutMs` of `hooks.handler`, and
   * `delivery.timeoutMs` of the listener. @defaultValue `120000`
   */
  readonly timeoutMs?: number;
}

export const INTERACTIVE_DEFAULTS = { timeoutMs: 120_000 } as const;
