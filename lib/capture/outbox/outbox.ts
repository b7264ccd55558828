import type { DataSource, QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { type JsonRecord, storable } from '../../base/json';
import { eventName, type Hook } from '../../hook/hook';
import type { Operation } from '../../hook/operation';
import { runOn } from '../../store/database';
import type { StoredTargets } from '../../store/events';
import type { Tables } from '../../store/tables';
import type { CapturePlan } from '../entity/hooked-entity';
import { rawObjectSql } from '../entity/raw';
import { rowId } from '../entity/row-id';
import { keyColumnsSql, keyIsSql, keyJoinSql, keyParameters, tableSql } from '../entity/rows';
import { type CopiedEvent, type EventGroup, eventGroups } from './copied-event';
import type { SizeLimits } from './size-limits';
import { Statement } from './statement';

/** An event whose values are here already. */
export interface ReadyEvent {
  /** Left out where nobody had to know it before the event is written. */
  readonly id?: string;
  readonly hook: Hook;
  readonly operation: Operation | null;
  readonly ref: string | null;
  readonly sender: string | null;
  readonly headers: Readonly<Record<string, string>> | null;
  /** As the database writes them; computed and defined fields as JSON. */
  readonly data: JsonRecord;
  readonly previous: JsonRecord | null;
  /** What the hook's `resolve` named. */
  readonly targets?: StoredTargets | null;
  /** Events of one row have an order; an event of no row has none. */
  readonly rowId: string | null;
}

export interface WrittenEvent {
  readonly id: string;
  readonly hook: string;
  readonly event: string;
  readonly operation: Operation | null;
  /** Of its data; measured only where it may not be of any size. */
  readonly bytes?: number;
}

/** Where events wait, in the transaction that made them, to be planned after its commit. */
export class Outbox {
  readonly #dataOf = new WeakMap<CapturePlan, string>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly tables: Tables,
    private readonly processId: string,
    /** Why the events of this process are never told, if they are not. */
    private readonly skipped: string | null,
    readonly limits: SizeLimits,
  ) {}

  /** Writes all of them in one statement and gives those that were written: a row that is gone makes no event. */
  async write(
    runner: QueryRunner,
    copied: readonly CopiedEvent[],
    ready: readonly ReadyEvent[],
  ): Promise<readonly WrittenEvent[]> {
    if (copied.length + ready.length === 0) return [];
    const statement = new Statement<WrittenEvent>();
    const sources = eventGroups(copied).map((group) => this.#copied(statement, group));
    if (ready.length > 0) sources.push(readySource(statement, ready));
    const isMeasured = copied.some(({ plan }) => this.limits.isSetFor(plan.hook));
    const measure = isMeasured ? ', octet_length(data::text) AS bytes' : '';
    const sql = this.#sql(statement, sources) + measure;
    // Targets may hold secrets, which TypeORM's logger would print.
    const holdsTargets = ready.some(({ targets }) => targets);
    const written: readonly { id: string; bytes?: number }[] = holdsTargets
      ? await runOn(runner, sql, statement.parameters)
      : await runner.query(sql, statement.parameters);
    return written.flatMap(({ id, bytes }) => {
      const event = statement.events.get(id);
      if (!event) return [];
      return bytes === undefined ? event : { ...event, bytes };
    });
  }

  /** Takes back what the same transaction has written. */
  async takeBack(runner: QueryRunner, ids: readonly string[]): Promise<void> {
    await runner.query(`DELETE FROM ${this.tables.event} WHERE id = ANY($1::uuid[])`, [ids]);
  }

  // PostgreSQL plans this anew for every save, which takes longer than running it: what is null is left out.
  #sql(statement: Statement<WrittenEvent>, sources: readonly Source[]): string {
    const columns = COLUMNS.filter(([column]) => sources.some(({ values }) => values[column]));
    const always = new Map([['process_id', `${statement.parameter(this.processId)}::uuid`]]);
    if (this.skipped !== null) {
      always.set('skipped', `${statement.parameter(this.skipped)}::text`);
      always.set('planned_at', 'now()');
    }
    const selects = sources.map(({ values, from }) => {
      const own = columns.map(([column, type]) => values[column] ?? `NULL::${type}`);
      return `SELECT ${[...own, ...always.values()].join(', ')} FROM ${from}`;
    });
    const names = [...columns.map(([column]) => column), ...always.keys()];
    return `INSERT INTO ${this.tables.event} (${names.join(', ')}) ${selects.join(' UNION ALL ')} RETURNING id`;
  }

  #copied(statement: Statement<WrittenEvent>, { plan, operation, events }: EventGroup): Source {
    const { hook } = plan;
    const [first, ...others] = events;
    const { values, from } =
      first && others.length === 0
        ? this.#one(statement, plan, first)
        : this.#several(statement, plan, events);
    const { headers } = hook.declared;
    return {
      from,
      values: {
        ...values,
        hook: `${statement.parameter(hook.name)}::text`,
        operation: `${statement.parameter(operation)}::text`,
        event: `${statement.parameter(eventName(hook, operation))}::text`,
        ...(typeof headers === 'object' && {
          headers: `${statement.parameter(JSON.stringify(headers))}::json`,
        }),
        data: this.#dataSql(plan),
      },
    };
  }

  // Planned in half the time that a join with a recordset takes, and most saves are of one entity.
  #one(statement: Statement<WrittenEvent>, { metadata }: CapturePlan, event: CopiedEvent): Source {
    const { key, previous } = event;
    const isKey = keyIsSql(this.dataSource, metadata, (n) => statement.parameter(key[n]));
    return {
      from: `${tableSql(this.dataSource, metadata)} t WHERE ${isKey}`,
      values: {
        id: `${statement.parameter(statement.note(copiedEvent(event)))}::uuid`,
        row_id: `${statement.parameter(rowId(event.plan.hook, key))}::uuid`,
        ...(previous && { previous: `${statement.parameter(asText(previous))}::json` }),
      },
    };
  }

  #several(
    statement: Statement<WrittenEvent>,
    { metadata }: CapturePlan,
    events: readonly CopiedEvent[],
  ): Source {
    const rows = events.map((event) => ({
      i: statement.note(copiedEvent(event)),
      ...keyParameters(event.key),
      p: asText(event.previous),
      r: rowId(event.plan.hook, event.key),
    }));
    return {
      from:
        `json_to_recordset(${statement.parameter(JSON.stringify(rows))}::json) ` +
        `AS c(i uuid, ${keyColumnsSql(metadata)}, p text, r uuid) ` +
        `JOIN ${tableSql(this.dataSource, metadata)} t ON ${keyJoinSql(this.dataSource, metadata)}`,
      values: { id: 'c.i', row_id: 'c.r', previous: 'c.p::json' },
    };
  }

  #dataSql(plan: CapturePlan): string {
    const sql = this.#dataOf.get(plan) ?? rawObjectSql(this.dataSource, plan.provided, 't');
    this.#dataOf.set(plan, sql);
    return sql;
  }
}

const COLUMNS = [
  ['id', 'uuid'],
  ['hook', 'text'],
  ['operation', 'text'],
  ['event', 'text'],
  ['ref', 'text'],
  ['sender', 'text'],
  ['headers', 'json'],
  ['data', 'json'],
  ['previous', 'json'],
  ['targets', 'json'],
  ['row_id', 'uuid'],
] as const;

/** Where events come from, and the SQL of their columns; those that are left out are null. */
interface Source {
  readonly from: string;
  readonly values: Readonly<Partial<Record<(typeof COLUMNS)[number][0], string>>>;
}

function readySource(statement: Statement<WrittenEvent>, events: readonly ReadyEvent[]): Source {
  const rows = events.map((ready) => {
    const event = readyEvent(ready);
    const { ref, sender, headers, data, previous, targets = null } = ready;
    return {
      i: statement.note(event),
      h: event.hook,
      o: event.operation,
      e: event.event,
      ref: ref && storable(ref),
      sender: sender && storable(sender),
      headers: asText(headers),
      data: asText(data),
      previous: asText(previous),
      targets: asText(targets),
      r: ready.rowId,
    };
  });
  return {
    from:
      `json_to_recordset(${statement.parameter(JSON.stringify(rows))}::json) AS c(i uuid, h text, o text, ` +
      'e text, ref text, sender text, headers text, data text, previous text, targets text, r uuid)',
    values: {
      id: 'c.i',
      hook: 'c.h',
      operation: 'c.o',
      event: 'c.e',
      ref: 'c.ref',
      sender: 'c.sender',
      headers: 'c.headers::json',
      data: 'c.data::json',
      previous: 'c.previous::json',
      row_id: 'c.r',
      ...(rows.some(({ targets }) => targets) && { targets: 'c.targets::json' }),
    },
  };
}

function copiedEvent({ id, plan, operation }: CopiedEvent): WrittenEvent {
  return readyEvent({ id, hook: plan.hook, operation });
}

function readyEvent({
  id = uuidv7(),
  hook,
  operation,
}: Pick<ReadyEvent, 'id' | 'hook' | 'operation'>): WrittenEvent {
  return { id, hook: hook.name, event: eventName(hook, operation), operation };
}

// JSON inside of JSON is passed as text: PostgreSQL refuses an escaped NUL in a recordset, even in a member of type json.
function asText(value: object | string | null): string | null {
  return value && JSON.stringify(value);
}
