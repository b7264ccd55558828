import type { Query } from './database';
import type { Tables } from './tables';

/** A process that has attached to the database. */
export interface ProcessRow {
  readonly id: string;
  readonly hostname: string;
  readonly pid: number;
}

/** Statements on the processes that are attached. */
export class Processes {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /** Stores that the process is alive. Returns when it first did so, by the clock of the database. */
  async heartbeat({ id, hostname, pid }: ProcessRow): Promise<Date> {
    const [row] = await this.query<{ started_at: Date }>(
      `INSERT INTO ${this.tables.process} (id, hostname, pid) VALUES ($1, $2, $3)
       ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp() RETURNING started_at`,
      [id, hostname, pid],
    );
    return row?.started_at ?? new Date();
  }

  /** Deletes the row of a process that stops. */
  async remove(id: string): Promise<void> {
    await this.query(`DELETE FROM ${this.tables.process} WHERE id = $1`, [id]);
  }
}
