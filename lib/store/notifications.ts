import { createHash } from 'node:crypto';
import type { Query } from './database';
import type { Tables } from './tables';

/** Statements that notify other processes of work. Notifications are hints: a sweep finds the work if one is lost. */
export class Notifications {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /** The channel of these tables: installations in other schemas, or with another prefix, have others. At most 63 bytes. */
  get channel(): string {
    const hash = createHash('sha256').update(this.tables.event).digest('hex');
    return `model_hook_${hash.slice(0, 32)}`;
  }

  /** Sends a notification for each payload. The commit does not wait for the disk, because a crash may lose notifications anyway. */
  async send(payloads: readonly string[]): Promise<void> {
    await this.query(
      `SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, payload) FROM unnest($2::text[]) AS payload`,
      [this.channel, payloads],
    );
  }
}
