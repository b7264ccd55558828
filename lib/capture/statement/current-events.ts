import type { DataSource } from 'typeorm';
import type { JsonRecord } from '../../base/json';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import { type Field, typeName } from '../../hook/field';
import type { Hook } from '../../hook/hook';
import { keyFields } from '../../hook/key-fields';
import type { Query } from '../../store/database';
import type { EventRow } from '../../store/events';
import { outputText } from '../entity/output-text';
import { computedValues } from '../functions';
import { toEvent } from '../outbox/event-row';
import { provided } from '../provided';
import { rowsOf } from './fresh-rows';
import { HookTables, hiddenRows } from './hook-tables';
import type { StatementRow } from './row-sql';

/** The row of a stored event as it is now. */
export type CurrentRow =
  /** `event` is the event with the values of now; its previous values are those of the stored one. `isMarked`: it is soft-removed. */
  | { readonly kind: 'present'; readonly event: HookEvent; readonly isMarked: boolean }
  | { readonly kind: 'gone' }
  /** The event does not hold the key of its row. */
  | { readonly kind: 'unknown' }
  /** The database refuses to read it, may hide it, or a function of the application threw. */
  | { readonly kind: 'unreadable'; readonly error: unknown };

/** Makes stored events again from their rows as the database has them now. */
export class CurrentEvents {
  readonly #tables: HookTables;

  constructor(
    private readonly dataSource: DataSource,
    catalog: HookCatalog,
    /** Runs statements on tables of the application. */
    private readonly query: Query,
  ) {
    this.#tables = new HookTables(dataSource, catalog);
  }

  /** By the ids of the events, which are events of one hook. One statement reads all rows. Never rejects. */
  async of(hook: Hook, events: readonly EventRow[]): Promise<ReadonlyMap<string, CurrentRow>> {
    const keys = new Map(events.map((event) => [event.id, this.#keyOf(hook, event)]));
    try {
      const found = await this.#read(hook, distinct(keys.values()));
      return new Map(events.map((event) => [event.id, this.#current(hook, event, keys, found)]));
    } catch (error) {
      // A column may have been dropped or added.
      this.#tables.outdate();
      return new Map(events.map(({ id }) => [id, { kind: 'unreadable', error }]));
    }
  }

  #current(
    hook: Hook,
    event: EventRow,
    keys: ReadonlyMap<string, Key | null>,
    { rows, isSecured }: Found,
  ): CurrentRow {
    const key = keys.get(event.id);
    if (!key) return { kind: 'unknown' };
    const row = rows.get(nameOf(key));
    if (row) return this.#made(hook, event, row);
    return isSecured ? { kind: 'unreadable', error: hiddenRows(hook) } : { kind: 'gone' };
  }

  #made(hook: Hook, event: EventRow, row: StatementRow): CurrentRow {
    const { classes } = this.#tables.of(hook);
    const ofRow = classes.find(
      (one) => one.discriminator === null || one.discriminator === row.class,
    );
    const hooked = ofRow?.hooked[0];
    // The row may be one of another class now.
    if (!hooked) return { kind: 'gone' };
    const { dataSource } = this;
    try {
      const data: JsonRecord = {
        ...provided(hooked.provided, row.values),
        ...computedValues(dataSource, hooked, row.values),
      };
      const made = toEvent(dataSource, hook, { ...event, data });
      return { kind: 'present', event: made, isMarked: row.isMarked ?? false };
    } catch (error) {
      return { kind: 'unreadable', error };
    }
  }

  async #read(hook: Hook, keys: readonly Key[]): Promise<Found> {
    if (keys.length === 0) return { rows: new Map(), isSecured: false };
    const { query } = this;
    const database = { query: (sql: string, parameters?: unknown[]) => query(sql, parameters) };
    const context = await this.#tables.contextOf(database, hook);
    const rows = await rowsOf(database, context, keys);
    const found = rows.map(({ n, row }) => [nameOf(keys[n] ?? []), row] as const);
    return { rows: new Map(found), isSecured: context.facts.isSecured ?? false };
  }

  /** Null if the event does not hold its key: it may be older than the provided key. */
  #keyOf(hook: Hook, { data }: EventRow): Key | null {
    const texts = keyFields(hook)?.map((field) => this.#textOf(field, data));
    return texts?.every((text) => text !== null) ? texts : null;
  }

  #textOf({ path, column }: Field, data: JsonRecord): string | null {
    const raw = data[path];
    if (raw === undefined || raw === null || !column) return null;
    return outputText(raw, typeName(this.dataSource, column), column.isArray);
  }
}

/** The texts of the columns of a primary key, as the database writes them. */
type Key = readonly string[];

interface Found {
  readonly rows: ReadonlyMap<string, StatementRow>;
  /** Whether row security may hide rows. */
  readonly isSecured: boolean;
}

function distinct(keys: Iterable<Key | null>): readonly Key[] {
  const known = [...keys].filter((key) => key !== null);
  return [...new Map(known.map((key) => [nameOf(key), key])).values()];
}

function nameOf(key: Key): string {
  return JSON.stringify(key);
}
