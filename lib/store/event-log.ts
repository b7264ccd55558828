import type { Query } from './database';
import { EVENT_COLUMNS, type EventRow } from './events';
import type { Tables } from './tables';

/** Which events to read. An undefined member is no condition. */
export interface EventConditions {
  /** Names of the hooks that the process can read events of. */
  readonly hooks: readonly string[];
  /** An event's name. */
  readonly event: string | undefined;
  readonly sender: string | undefined;
  /** Occurred then or later. */
  readonly since: Date | undefined;
  /** Occurred before. */
  readonly until: Date | undefined;
  /** Only older events: the id that the page before ended with. */
  readonly before: string | undefined;
}

/** There is no index for the conditions, so this many events are looked at. */
const LOOKED_AT = 10_000;
/** The id of an event has the time of a process, `occurred_at` that of the database. */
const CLOCKS_APART_MS = 60_000;

/** Statements that read stored events, the newest first. Their ids (UUID version 7) begin with the time. */
export class EventLogRows {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /** Those that fit of the newest 10,000. */
  page(conditions: EventConditions, limit: number): Promise<readonly EventRow[]> {
    const { hooks, event, sender, since, until } = conditions;
    const { sql, parameters } = this.#newest(conditions);
    return this.query<EventRow>(
      `SELECT ${EVENT_COLUMNS} FROM (SELECT * ${sql} LIMIT ${LOOKED_AT}) e WHERE hook = ANY($4::text[])
         AND ($5::text IS NULL OR event = $5) AND ($6::text IS NULL OR sender = $6)
         AND ($7::timestamptz IS NULL OR occurred_at >= $7) AND ($8::timestamptz IS NULL OR occurred_at < $8)
       ORDER BY id DESC LIMIT ${limit}`,
      [...parameters, hooks, event, sender, since, until],
    );
  }

  /** The id of the last event that `page` looks at. Undefined if it looks at all that there are. */
  async lastLookedAt(conditions: EventConditions): Promise<string | undefined> {
    const { sql, parameters } = this.#newest(conditions);
    const [row] = await this.query<{ id: string }>(
      `SELECT id ${sql} OFFSET ${LOOKED_AT - 1} LIMIT 1`,
      parameters,
    );
    return row?.id;
  }

  #newest({ since, until, before }: EventConditions) {
    const sql = `FROM ${this.tables.event} WHERE id >= $1::uuid AND id <= $2::uuid AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC`;
    const first = since ? idAt(since.getTime() - CLOCKS_APART_MS) : FIRST_ID;
    const last = until ? idAt(until.getTime() + CLOCKS_APART_MS) : LAST_ID;
    return { sql, parameters: [first, last, before] };
  }
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** The first UUID of version 7 with this time, in milliseconds since the epoch. */
function idAt(ms: number): string {
  const time = Math.max(0, ms).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}
