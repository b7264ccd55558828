import type { Query } from './database';
import type { Tables } from './tables';

/** An origin whose breaker is open. The times are what is left of them by the clock of the database, below 0 if they have passed. */
export interface OriginRow {
  readonly origin: string;
  readonly open_ms: number;
  /** How long a process may still take to try a delivery; null if none is being tried. */
  readonly probe_ms: number | null;
}

export interface OpenTimes {
  /** How long the breaker stays open the first time; each further time twice as long. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** What each time is multiplied by. */
  readonly spread: number;
}

/** What became of a request to try a delivery at an origin. */
export interface ProbeRow {
  readonly is_claimed: boolean;
  /** False if the breaker has closed meanwhile. */
  readonly is_open: boolean;
}

const LEFT_MS_SQL = `(extract(epoch FROM open_until - now()) * 1000)::float8 AS open_ms,
  (extract(epoch FROM probe_until - now()) * 1000)::float8 AS probe_ms`;

/** Statements on origins whose breaker is open. An origin without a row has a closed breaker. */
export class Origins {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  all(): Promise<readonly OriginRow[]> {
    return this.query<OriginRow>(`SELECT origin, ${LEFT_MS_SQL} FROM ${this.tables.origin}`);
  }

  /** Lets this process try one delivery, if the breaker's time is over and no other process is trying one. */
  async claimProbe(origin: string, leaseMs: number): Promise<ProbeRow | undefined> {
    const { origin: table } = this.tables;
    const [row] = await this.query<ProbeRow>(
      `WITH probe AS (
         UPDATE ${table} SET probe_until = now() + $2::float8 * interval '1 millisecond', updated_at = now()
         WHERE origin = $1 AND open_until <= now() AND (probe_until IS NULL OR probe_until < now()) RETURNING origin
       ) SELECT EXISTS (SELECT FROM probe) AS is_claimed, EXISTS (SELECT FROM ${table} WHERE origin = $1) AS is_open`,
      [origin, leaseMs],
    );
    return row;
  }

  /** Lets the next process try at once. */
  async endProbe(origin: string): Promise<void> {
    await this.query(`UPDATE ${this.tables.origin} SET probe_until = NULL WHERE origin = $1`, [
      origin,
    ]);
  }

  /** Opens the breaker. Undefined if another process has opened it meanwhile. */
  async open(
    origin: string,
    { firstMs, longestMs, spread }: OpenTimes,
  ): Promise<OriginRow | undefined> {
    // The exponent is bounded, because 2 ^ 1024 is an error in PostgreSQL.
    const [row] = await this.query<OriginRow>(
      `INSERT INTO ${this.tables.origin} AS o (origin, opened, open_until)
       VALUES ($1, 1, now() + $2::float8 * $4 * interval '1 millisecond')
       ON CONFLICT (origin) DO UPDATE SET opened = least(o.opened + 1, 30), probe_until = NULL, updated_at = now(),
         open_until = now() + least($2::float8 * 2 ^ least(o.opened, 30), $3::float8) * $4 * interval '1 millisecond'
       WHERE o.open_until <= now() RETURNING origin, ${LEFT_MS_SQL}`,
      [origin, firstMs, longestMs, spread],
    );
    return row;
  }

  async close(origin: string): Promise<void> {
    await this.query(`DELETE FROM ${this.tables.origin} WHERE origin = $1`, [origin]);
  }
}
