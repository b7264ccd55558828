import { v7 as uuidv7 } from 'uuid';
import type { Chunk } from '../../delivery/chunk/chunk';
import { barredBy, type Restraints } from '../../delivery/origins/restraints';
import type { Store } from '../../store/store';
import { dueSql } from './due-sql';

/** The token of a chunk that is stored for whoever has room first. */
export const UNHELD_TOKEN = '0';
/** Of one that is held for the first time. */
export const FIRST_TOKEN = '1';

/** Whether nobody had this chunk before it was taken by `abandoned()`, so that no outcome of it can be recorded. */
export function wasUnheld({ token }: Chunk): boolean {
  return token === FIRST_TOKEN;
}

interface ChunkRow {
  readonly id: string;
  readonly token: string;
  readonly event_ids: string;
  readonly listener_ids: string;
}

interface Due extends Partial<ChunkRow> {
  /** Turns that were taken, in vain where there is no chunk. */
  readonly turns: number;
}

/** Claims in a row that may come to nothing, because what is due may not be sent yet. */
const CLAIMS_AT_ONCE = 16;
const MENDED_AT_ONCE = 2_000;
/** Listeners whose turns are merged in one statement. */
const MERGED_AT_ONCE = 5_000;
/** A turn that came later may stand for what a claim under way does not see. */
const MERGED_AFTER_MS = 10_000;

/** Of a chunk `c`. Ids as one text, and an event that all have in common once: an array of hundreds takes long to be read. */
const CHUNK_COLUMNS = `c.id, c.token, array_to_string(c.listener_ids, ',') AS listener_ids,
  array_to_string(CASE WHEN c.event_ids[1] = ALL (c.event_ids) THEN c.event_ids[1:1] ELSE c.event_ids END, ',') AS event_ids`;

/**
 * Who may send what. A chunk belongs to the process that holds its lease, by the clock of the database; whoever takes one over raises
 * its token. Claims skip what others have locked, so that processes share the work without waiting for each other.
 */
export class Claims {
  constructor(
    private readonly store: Store,
    private readonly processId: string,
    private readonly leaseMs: number,
  ) {}

  /** Makes a chunk of deliveries whose turn has come; see `dueSql`. Null where there are none. */
  async due(restraints: Restraints): Promise<Chunk | null> {
    for (let tries = 0; tries < CLAIMS_AT_ONCE; tries += 1) {
      const [row] = await this.store.database.query<Due>(dueSql(this.store.tables, CHUNK_COLUMNS), [
        uuidv7(),
        this.processId,
        this.leaseMs,
        [...restraints.keys()],
        [...restraints.values()],
      ]);
      if (row?.id) return toChunk(row as ChunkRow);
      if (!row?.turns) return null;
    }
    return null;
  }

  /** How long until the next turn, by the clock of the database; null where there is none. */
  async nextDueMs(restraints: Restraints): Promise<number | null> {
    const [row] = await this.store.database.query<{ ms: number | null }>(
      `SELECT (extract(epoch FROM min(ready_at) - clock_timestamp()) * 1000)::float8 AS ms
       FROM ${this.store.tables.turn} WHERE listener_id NOT IN (SELECT unnest($1::uuid[]))`,
      [barredBy(restraints)],
    );
    return row?.ms ?? null;
  }

  /** Gives turns to due deliveries that have none: those of an earlier release, or whose time somebody changed by hand. */
  async mendTurns(): Promise<void> {
    const { delivery, turn } = this.store.tables;
    await this.store.database.query(
      `INSERT INTO ${turn} (listener_id, ready_at)
       SELECT DISTINCT listener_id, now() FROM (
         SELECT listener_id FROM ${delivery} WHERE next_at IS NOT NULL AND next_at AT TIME ZONE 'UTC' <= now() AT TIME ZONE 'UTC'
         ORDER BY next_at AT TIME ZONE 'UTC' LIMIT ${MENDED_AT_ONCE}) d
       WHERE NOT EXISTS (SELECT FROM ${turn} t WHERE t.listener_id = d.listener_id AND t.ready_at <= now())`,
    );
  }

  /**
   * Leaves each listener the first of the turns that came long ago: nobody may want them for long. The one that stays is locked meanwhile,
   * and a claim that began before takes it in milliseconds, so that nobody takes it who does not see what the others stand for.
   */
  async mergeTurns(): Promise<void> {
    const { turn } = this.store.tables;
    await this.store.database.query(
      `WITH kept AS (
         SELECT t.id, t.listener_id FROM ${turn} t WHERE t.ready_at <= now() AND NOT EXISTS (
           SELECT FROM ${turn} f WHERE f.listener_id = t.listener_id AND (f.ready_at, f.id) < (t.ready_at, t.id))
         LIMIT ${MERGED_AT_ONCE} FOR UPDATE SKIP LOCKED
       ) DELETE FROM ${turn} t USING kept k WHERE t.listener_id = k.listener_id AND t.id <> k.id
         AND t.ready_at <= now() - ${MERGED_AFTER_MS} * interval '1 millisecond'`,
    );
  }

  /** Takes chunks that nobody holds: nobody has had them yet, or the process that held them is gone, or too late. */
  async abandoned(limit: number): Promise<readonly Chunk[]> {
    const rows = await this.store.database.query<ChunkRow>(
      `UPDATE ${this.store.tables.chunk} c SET token = c.token + 1, process_id = $1,
         lease_until = clock_timestamp() + $2 * interval '1 millisecond'
       FROM (SELECT id FROM ${this.store.tables.chunk} WHERE lease_until < clock_timestamp()
         ORDER BY lease_until LIMIT $3 FOR UPDATE SKIP LOCKED) a
       WHERE c.id = a.id RETURNING ${CHUNK_COLUMNS}`,
      [this.processId, this.leaseMs, limit],
    );
    return rows.map(toChunk);
  }

  /** Takes a chunk that a dispatcher brought from elsewhere. Null where somebody else has had it since. */
  async take({ id, token }: Pick<Chunk, 'id' | 'token'>): Promise<Chunk | null> {
    const [row] = await this.store.database.query<ChunkRow>(
      `UPDATE ${this.store.tables.chunk} c SET token = c.token + 1, process_id = $3,
         lease_until = clock_timestamp() + $4 * interval '1 millisecond'
       WHERE c.id = $1 AND c.token = $2 RETURNING ${CHUNK_COLUMNS}`,
      [id, token, this.processId, this.leaseMs],
    );
    return row ? toChunk(row) : null;
  }

  /** Holds on to chunks that are being worked on. */
  async renew(chunks: readonly Chunk[]): Promise<void> {
    if (chunks.length === 0) return;
    await this.store.database.query(
      `UPDATE ${this.store.tables.chunk} c SET lease_until = clock_timestamp() + $2 * interval '1 millisecond'
       FROM json_to_recordset($1::json) AS h(id uuid, token bigint) WHERE c.id = h.id AND c.token = h.token`,
      [JSON.stringify(chunks.map(({ id, token }) => ({ id, token }))), this.leaseMs],
    );
  }

  /** Lets others take chunks over, after so long where that is said, else at once. */
  async release(chunks: readonly Chunk[], afterMs: number | null = null): Promise<void> {
    if (chunks.length === 0) return;
    await this.store.database.query(
      `UPDATE ${this.store.tables.chunk} c
       SET lease_until = coalesce(clock_timestamp() + $2::float8 * interval '1 millisecond', '-infinity')
       FROM json_to_recordset($1::json) AS h(id uuid, token bigint) WHERE c.id = h.id AND c.token = h.token`,
      [JSON.stringify(chunks.map(({ id, token }) => ({ id, token }))), afterMs],
    );
  }

  /** Says that this process lives. */
  async heartbeat(hostname: string, pid: number): Promise<Date> {
    const [row] = await this.store.database.query<{ started_at: Date }>(
      `INSERT INTO ${this.store.tables.process} (id, hostname, pid) VALUES ($1, $2, $3)
       ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp() RETURNING started_at`,
      [this.processId, hostname, pid],
    );
    return row?.started_at ?? new Date();
  }

  async sayGoodbye(): Promise<void> {
    await this.store.database.query(`DELETE FROM ${this.store.tables.process} WHERE id = $1`, [
      this.processId,
    ]);
  }
}

function toChunk({ id, token, event_ids, listener_ids }: ChunkRow): Chunk {
  const listenerIds = listener_ids.split(',');
  const eventIds = event_ids.split(',');
  const isOfOne = eventIds.length === 1;
  return {
    id,
    token,
    eventIds: isOfOne ? Array<string>(listenerIds.length).fill(event_ids) : eventIds,
    listenerIds,
  };
}
