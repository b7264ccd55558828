import { ANY_SHAPE, type EventRow } from './events';

/** Columns that a source may fill, with the SQL for a source that does not. The INSERT leaves out those that no source fills. */
export const EVENT_SOURCE_COLUMNS = [
  ['id', 'NULL::uuid'],
  ['hook', 'NULL::text'],
  ['operation', 'NULL::text'],
  ['event', 'NULL::text'],
  ['ref', 'NULL::text'],
  ['sender', 'NULL::text'],
  ['headers', 'NULL::json'],
  ['data', 'NULL::json'],
  ['previous', 'NULL::json'],
  ['raw_previous', 'false'],
  ['targets', 'NULL::json'],
  ['row_id', 'NULL::uuid'],
  ['shape', `'${ANY_SHAPE}'`],
  ['due_at', 'NULL::timestamptz'],
  ['update_event', 'NULL::text'],
  ['context', 'NULL::json'],
  ['trace', 'NULL::json'],
] as const;

/** A FROM clause, and for each column the SQL of its value for a row of that clause. Columns that are left out have their default. */
export interface EventSource {
  readonly from: string;
  readonly values: Readonly<Partial<Record<(typeof EVENT_SOURCE_COLUMNS)[number][0], string>>>;
}

/** An event whose values are known to this process. */
export interface NewEventRow extends Omit<EventRow, 'occurred_at' | 'sequence' | 'age_ms'> {
  /** The name of an update of its hook, if the event is merged with others of its transaction. */
  readonly update_event?: string | null;
}

/** The sources of one INSERT of events, and its parameters. */
export class EventInsert {
  readonly parameters: unknown[];
  readonly sources: EventSource[] = [];

  /** `parameters`: those of a statement that the INSERT becomes a part of. */
  constructor(parameters: readonly unknown[] = []) {
    this.parameters = [...parameters];
  }

  /** Returns the SQL of a parameter. Without a type, PostgreSQL infers it from the place where it stands. */
  parameter(value: unknown, type?: string): string {
    this.parameters.push(value);
    return `$${this.parameters.length}${type === undefined ? '' : `::${type}`}`;
  }

  add(source: EventSource): void {
    this.sources.push(source);
  }

  addRows(events: readonly NewEventRow[]): void {
    const rows = events.map(({ headers, data, previous, targets, context, trace, ...row }) => ({
      ...row,
      headers: asText(headers),
      data: asText(data),
      previous: asText(previous),
      targets: asText(targets),
      context: asText(context),
      trace: asText(trace),
    }));
    this.add({
      from:
        `json_to_recordset(${this.parameter(JSON.stringify(rows), 'json')}) AS c(id uuid, hook text, operation text, ` +
        'event text, ref text, sender text, headers text, data text, previous text, raw_previous boolean, targets text, row_id uuid, shape text, due_at timestamptz, ' +
        'update_event text, context text, trace text)',
      values: {
        id: 'c.id',
        hook: 'c.hook',
        operation: 'c.operation',
        event: 'c.event',
        ref: 'c.ref',
        sender: 'c.sender',
        headers: 'c.headers::json',
        data: 'c.data::json',
        row_id: 'c.row_id',
        shape: 'c.shape',
        ...(events.some(({ previous }) => previous) && {
          previous: 'c.previous::json',
          raw_previous: 'c.raw_previous',
        }),
        ...(events.some(({ targets }) => targets) && { targets: 'c.targets::json' }),
        ...(events.some((event) => event.due_at) && { due_at: 'c.due_at' }),
        ...(events.some((event) => event.update_event != null) && {
          update_event: 'c.update_event',
        }),
        ...(events.some(({ context }) => context) && { context: 'c.context::json' }),
        ...(events.some(({ trace }) => trace) && { trace: 'c.trace::json' }),
      },
    });
  }
}

/** JSON inside JSON is passed as text: PostgreSQL refuses an escaped NUL in a recordset, even in a member of type json. */
export function asText(value: object | string | null): string | null {
  return value && JSON.stringify(value);
}
