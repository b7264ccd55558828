import type { Query } from './database';
import { type ClaimedEvent, EVENT_COLUMNS } from './events';
import type { Tables } from './tables';

/** An event as it was when it had just been stored. */
export interface RecordedEventRow extends ClaimedEvent {
  /** The transaction or savepoint that stored it. Null if that has committed. */
  readonly txid: string | null;
  /** Whether a later event of its row and transaction takes its place. */
  readonly is_merged: boolean;
}

/** Statements about events that were stored a moment ago, maybe in a transaction that is still open. */
export class RecordedEventRows {
  constructor(
    private readonly query: Query,
    private readonly tables: Tables,
  ) {}

  /** Events by id, as the connection of the write sees them. Those that were rolled back are left out. */
  ofIds(ids: readonly string[]): Promise<readonly RecordedEventRow[]> {
    return this.query<RecordedEventRow>(`${this.#select()} WHERE id = ANY($1::uuid[])`, [ids]);
  }

  /** Those of the events that are stored now, as the connection sees them. */
  async present(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.query<{ id: string }>(
      `SELECT id FROM ${this.tables.event} WHERE id = ANY($1::uuid[])`,
      [ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** The last event that the open transaction of the connection has stored, as a mark for `ownAfter`. */
  async ownMark(): Promise<string> {
    const [row] = await this.query<{ mark: string }>(
      `SELECT coalesce(max(sequence), 0)::text AS mark FROM ${this.tables.event} WHERE ${IS_OWN}`,
    );
    return row?.mark ?? '0';
  }

  /** The events that the open transaction of the connection has stored since. */
  ownAfter(mark: string): Promise<readonly RecordedEventRow[]> {
    return this.query<RecordedEventRow>(
      `${this.#select()} WHERE ${IS_OWN} AND sequence > $1::bigint`,
      [mark],
    );
  }

  /** The last event that the connection sees, as a mark for `after`. */
  async mark(): Promise<string> {
    const [row] = await this.query<{ mark: string }>(
      `SELECT coalesce(max(sequence), 0)::text AS mark FROM ${this.tables.event}`,
    );
    return row?.mark ?? '0';
  }

  /** The events that the connection sees and that were stored since, by any connection. */
  after(mark: string): Promise<readonly RecordedEventRow[]> {
    return this.query<RecordedEventRow>(`${this.#select()} WHERE sequence > $1::bigint`, [mark]);
  }

  /** Those of the transactions and savepoints that were rolled back. Any connection can say so, whatever became of the rows. */
  async rolledBack(txids: readonly string[]): Promise<ReadonlySet<string>> {
    if (txids.length === 0) return new Set();
    const rows = await this.query<{ txid: string }>(
      `SELECT txid::text AS txid FROM unnest($1::bigint[]) AS t(txid) WHERE txid_status(txid) = 'aborted'`,
      [[...new Set(txids)]],
    );
    return new Set(rows.map(({ txid }) => txid));
  }

  #select(): string {
    const txid = `CASE WHEN txid_status(${TXID}) = 'in progress' THEN (${TXID})::text END AS txid`;
    return `SELECT ${EVENT_COLUMNS}, source, ${txid}, update_event IS NOT NULL AS is_merged FROM ${this.tables.event}`;
  }
}

const ERA = 4_294_967_296;
const NEXT = 'txid_snapshot_xmax(txid_current_snapshot())';
const IN_ERA = `(${NEXT} / ${ERA} * ${ERA} + xmin::text::bigint)`;

/** `xmin` has the lower 32 bits of the transaction. It is the one that is nearest to the next transaction. */
const TXID = `(${IN_ERA} + CASE WHEN ${IN_ERA} > ${NEXT} + ${ERA / 2} THEN -${ERA}
  WHEN ${IN_ERA} < ${NEXT} - ${ERA / 2} THEN ${ERA} ELSE 0 END)`;

/** The first id that a trigger can have made in this transaction. By the clock of the database, as these ids are. */
const FIRST_ID = `rpad(lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - 1), 12, '0'), 32, '0')::uuid`;

/** What a connection sees although its transaction is in progress, it has stored itself. */
const IS_OWN = `id >= ${FIRST_ID} AND txid_status(${TXID}) = 'in progress'`;
