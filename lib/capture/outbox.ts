import type { DataSource, QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { eventName, type Hook } from '../hook/hook';
import type { Operation } from '../hook/operation';
import { type JsonRecord, storable } from '../json';
import type { Tables } from '../tables';
import type { CapturePlan, RowKey } from './plan';
import { rawObjectSql } from './raw';
import { keyColumnsSql, keyIsSql, keyJoinSql, keyParameters, tableSql } from './rows';

/** An event whose values the database copies from the row itself, as it stands in the same transaction. */
export interface CopiedEvent {
  readonly plan: CapturePlan;
  readonly operation: Operation;
  readonly key: RowKey;
  readonly previous: JsonRecord | null;
}

/** An event whose values are here already. */
export interface ReadyEvent {
  readonly hook: Hook;
  readonly operation: Operation | null;
  readonly ref: string | null;
  readonly sender: string | null;
  readonly headers: Readonly<Record<string, string>> | null;
  /** As the database writes them; computed and defined fields as JSON. */
  readonly data: JsonRecord;
  readonly previous: JsonRecord | null;
}

export interface WrittenEvent {
  readonly id: string;
  readonly hook: string;
  readonly event: string;
  readonly operation: Operation | null;
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
  ) {}

  /** Writes all of them in one statement and gives those that were written: a row that is gone makes no event. */
  async write(
    runner: QueryRunner,
    copied: readonly CopiedEvent[],
    ready: readonly ReadyEvent[],
  ): Promise<readonly WrittenEvent[]> {
    if (copied.length + ready.length === 0) return [];
    const statement = new Statement();
    const process = `${statement.parameter(this.processId)}::uuid`;
    const skipped = `${statement.parameter(this.skipped)}::text`;
    const selects = [...groups(copied).map((group) => this.#copy(statement, group))];
    if (ready.length > 0) selects.push(readySql(statement, ready));
    const sql =
      `INSERT INTO ${this.tables.event} ` +
      '(id, hook, operation, event, ref, sender, headers, data, previous, process_id, skipped, planned_at) ' +
      `SELECT e.*, ${process}, ${skipped}, CASE WHEN ${skipped} IS NOT NULL THEN now() END ` +
      `FROM (${selects.join(' UNION ALL ')}) e RETURNING id, hook, event, operation`;
    return runner.query(sql, statement.parameters);
  }

  #copy(statement: Statement, { plan, operation, events }: Group): string {
    const { hook } = plan;
    const [first, ...others] = events;
    const source =
      first && others.length === 0
        ? this.#one(statement, plan, first)
        : this.#several(statement, plan, events);
    return (
      `SELECT ${source.id} AS id, ${statement.parameter(hook.name)}::text AS hook, ` +
      `${statement.parameter(operation)}::text AS operation, ` +
      `${statement.parameter(eventName(hook, operation))}::text AS event, ` +
      `NULL::text AS ref, NULL::text AS sender, ${staticHeaders(statement, hook)} AS headers, ` +
      `${this.#dataSql(plan)} AS data, ${source.previous}::json AS previous FROM ${source.from}`
    );
  }

  // PostgreSQL plans this in half the time that a join with a recordset takes, and most saves are of one entity.
  #one(statement: Statement, { metadata }: CapturePlan, { key, previous }: CopiedEvent): Source {
    const isKey = keyIsSql(this.dataSource, metadata, (n) => statement.parameter(key[n]));
    return {
      id: `${statement.parameter(uuidv7())}::uuid`,
      previous: statement.parameter(asText(previous)),
      from: `${tableSql(this.dataSource, metadata)} t WHERE ${isKey}`,
    };
  }

  #several(
    statement: Statement,
    { metadata }: CapturePlan,
    events: readonly CopiedEvent[],
  ): Source {
    const rows = events.map(({ key, previous }) => ({
      i: uuidv7(),
      ...keyParameters(key),
      p: asText(previous),
    }));
    return {
      id: 'c.i',
      previous: 'c.p',
      from:
        `json_to_recordset(${statement.parameter(JSON.stringify(rows))}::json) ` +
        `AS c(i uuid, ${keyColumnsSql(metadata)}, p text) ` +
        `JOIN ${tableSql(this.dataSource, metadata)} t ON ${keyJoinSql(this.dataSource, metadata)}`,
    };
  }

  #dataSql(plan: CapturePlan): string {
    const sql = this.#dataOf.get(plan) ?? rawObjectSql(this.dataSource, plan.provided, 't');
    this.#dataOf.set(plan, sql);
    return sql;
  }
}

/** Where the copied rows come from, and SQL for what is not copied. */
interface Source {
  readonly id: string;
  readonly previous: string;
  readonly from: string;
}

function readySql(statement: Statement, events: readonly ReadyEvent[]): string {
  const rows = events.map(({ hook, operation, ref, sender, headers, data, previous }) => ({
    i: uuidv7(),
    h: hook.name,
    o: operation,
    e: eventName(hook, operation),
    ref: ref && storable(ref),
    sender: sender && storable(sender),
    headers: asText(headers),
    data: asText(data),
    previous: asText(previous),
  }));
  return (
    'SELECT c.i, c.h, c.o, c.e, c.ref, c.sender, c.headers::json, c.data::json, c.previous::json ' +
    `FROM json_to_recordset(${statement.parameter(JSON.stringify(rows))}::json) ` +
    'AS c(i uuid, h text, o text, e text, ref text, sender text, headers text, data text, previous text)'
  );
}

// JSON inside of JSON is passed as text: PostgreSQL refuses an escaped NUL in a recordset, even in a member of type json.
function asText(value: JsonRecord | null): string | null {
  return value && JSON.stringify(value);
}

function staticHeaders(statement: Statement, { declared: { headers } }: Hook): string {
  const known = typeof headers === 'object' ? JSON.stringify(headers) : null;
  return `${statement.parameter(known)}::json`;
}

interface Group {
  readonly plan: CapturePlan;
  readonly operation: Operation;
  readonly events: CopiedEvent[];
}

function groups(events: readonly CopiedEvent[]): readonly Group[] {
  const byPlan = new Map<CapturePlan, Map<Operation, Group>>();
  for (const event of events) {
    const { plan, operation } = event;
    const ofPlan = byPlan.get(plan) ?? new Map<Operation, Group>();
    byPlan.set(plan, ofPlan);
    const group = ofPlan.get(operation) ?? { plan, operation, events: [] };
    ofPlan.set(operation, group);
    group.events.push(event);
  }
  return [...byPlan.values()].flatMap((ofPlan) => [...ofPlan.values()]);
}

/** Numbers the parameters of a statement as they are named. */
class Statement {
  readonly parameters: unknown[] = [];

  parameter(value: unknown): string {
    this.parameters.push(value);
    return `$${this.parameters.length}`;
  }
}
