import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import { type TableName, tableName } from './table-names';

const uuid = column('uuid');
const text = column('text');
const int = column('int');
const instant = column('timestamptz');
const json = column('json');
const jsonb = column('jsonb');

const ATTEMPTED = {
  http_status: nullable(int),
  reason: nullable(text),
  response: nullable(text),
};

/**
 * Our tables as entities; add them to the `entities` of the DataSource. The migrations create the tables, and TypeORM never alters them
 * (`synchronize: false`). Rows may be read through repositories, by names such as `'ModelHookDelivery'`; do not write them.
 *
 * @example
 * new DataSource({ type: 'postgres', entities: [Person, ...modelHookEntities], migrations: [...modelHookMigrations] });
 */
export const modelHookEntities: NamedSchema[] = [
  entity('listener', {
    id: primary(uuid),
    identity: text,
    hook: nullable(text),
    operations: { ...nullable(text), array: true },
    pattern: nullable(text),
    target: text,
    content_type: text,
    format: nullable(text),
    secret: { ...text, select: false },
    digest: text,
    signature: text,
    headers: jsonb,
    owner: nullable(text),
    key: nullable(text),
    config: json,
    replies: column('boolean'),
    delivery: jsonb,
    active: column('boolean'),
    inactive_reason: nullable(text),
    inactive_since: nullable(instant),
    paused_until: nullable(instant),
    failing_since: nullable(instant),
    declared_at: nullable(instant),
    filters: nullable(json),
    keys: { ...column('bigint'), array: true },
    key_version: int,
    dynamic: column('boolean'),
    previous_secret: { ...nullable(text), select: false },
    previous_secret_until: nullable(instant),
    key_ids: { ...text, array: true },
    ordered: column('boolean'),
    max_per_second: nullable(column('float8')),
    batch: nullable(jsonb),
    selected: { ...nullable(text), array: true },
    created_at: instant,
    updated_at: instant,
  }),
  entity('filter', {
    listener_id: primary(uuid),
    position: primary(int),
    field: text,
    operator: text,
    operand: json,
  }),
  entity('event', {
    id: primary(uuid),
    hook: text,
    event: text,
    operation: nullable(text),
    ref: nullable(text),
    sender: nullable(text),
    headers: nullable(json),
    data: json,
    previous: nullable(json),
    raw_previous: column('boolean'),
    targets: nullable(json),
    process_id: nullable(uuid),
    skipped: nullable(text),
    occurred_at: instant,
    planned_at: nullable(instant),
    row_id: nullable(uuid),
    sequence: nullable(column('bigint')),
    shape: text,
    // Columns that are not provided; emptied when the event is planned.
    source: { ...nullable(json), select: false },
    due_at: nullable(instant),
    update_event: nullable(text),
    transaction_id: nullable(column('bigint')),
    context: nullable(json),
    trace: nullable(json),
  }),
  entity('chunk', {
    id: primary(uuid),
    process_id: uuid,
    token: column('bigint'),
    lease_until: instant,
    event_ids: { ...uuid, array: true },
    listener_ids: { ...uuid, array: true },
    created_at: instant,
  }),
  entity('delivery', {
    id: primary(uuid),
    event_id: uuid,
    listener_id: uuid,
    event: text,
    status: text,
    attempt: int,
    retries: int,
    reschedules: int,
    next_at: nullable(instant),
    chunk_id: nullable(uuid),
    row_id: nullable(uuid),
    sequence: nullable(column('bigint')),
    headed: column('boolean'),
    ...ATTEMPTED,
    retval: nullable(json),
    duration_ms: nullable(int),
    attempted_at: nullable(instant),
    created_at: instant,
    updated_at: instant,
  }),
  entity('attempt', {
    delivery_id: primary(uuid),
    number: primary(int),
    outcome: text,
    ...ATTEMPTED,
    detail: nullable(text),
    duration_ms: int,
    attempted_at: instant,
  }),
  entity('process', {
    id: primary(uuid),
    hostname: text,
    pid: int,
    started_at: instant,
    seen_at: instant,
    fires_since: nullable(instant),
    fires_until: nullable(instant),
    buffers_until: nullable(instant),
  }),
  entity('key', {
    key: primary(column('bigint')),
    listener_id: primary(uuid),
  }),
  entity('plan', {
    id: { ...primary(int), generated: 'increment' },
    scope: text,
    field: text,
    operator: text,
    length: int,
  }),
  entity('turn', {
    id: { ...primary(column('bigint')), generated: 'increment' },
    listener_id: uuid,
    ready_at: instant,
  }),
  entity('head', {
    listener_id: primary(uuid),
    row_id: primary(uuid),
    id: { ...primary(column('bigint')), generated: 'increment' },
    ready_at: instant,
  }),
  entity('pace', {
    listener_id: primary(uuid),
    free_at: instant,
  }),
  entity('origin', {
    origin: primary(text),
    opened: int,
    open_until: instant,
    probe_until: nullable(instant),
    updated_at: instant,
  }),
  entity('schedule', {
    id: primary(uuid),
    name: text,
    once: column('boolean'),
    cron: nullable(text),
    every_ms: nullable(column('float8')),
    timezone: text,
    catch_up: text,
    data: json,
    context: nullable(json),
    enabled: column('boolean'),
    next_due_at: nullable(instant),
    last_due_at: nullable(instant),
    created_at: instant,
    updated_at: instant,
  }),
  entity('task', {
    id: primary(uuid),
    lane: text,
    method: text,
    url: nullable(text),
    body: nullable(text),
    args: nullable(json),
    headers: { ...jsonb, select: false },
    key_ids: { ...text, array: true },
    timeout_ms: column('float8'),
    retries: int,
    result_ttl_ms: column('float8'),
    maker_id: nullable(uuid),
    status: text,
    attempt: int,
    retried: int,
    process_id: nullable(uuid),
    token: column('bigint'),
    ready_at: nullable(instant),
    retval: nullable(json),
    error: nullable(json),
    created_at: instant,
    ended_at: nullable(instant),
    expires_at: nullable(instant),
  }),
];

/** A schema that frameworks can tell apart by `name`, as they do with classes; Vendure does. */
type NamedSchema = EntitySchema & { readonly name: string };

/** The name of one of our tables in TypeORM, such as `ModelHookListener`. */
export function entityName(name: TableName): string {
  return `ModelHook${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

function entity(
  name: TableName,
  columns: Readonly<Record<string, EntitySchemaColumnOptions>>,
): NamedSchema {
  const schema: EntitySchema = new EntitySchema({
    name: entityName(name),
    tableName: tableName(name),
    synchronize: false,
    columns,
  });
  return Object.assign(schema, { name: entityName(name) });
}

function column(type: EntitySchemaColumnOptions['type']): EntitySchemaColumnOptions {
  return { type };
}

function nullable(options: EntitySchemaColumnOptions): EntitySchemaColumnOptions {
  return { ...options, nullable: true };
}

function primary(options: EntitySchemaColumnOptions): EntitySchemaColumnOptions {
  return { ...options, primary: true };
}
