import type { DataSource } from 'typeorm';
import { toEvent } from '../../../lib/capture/outbox/event-row';
import { HookCatalog } from '../../../lib/hook/catalog';
import { EVENT_COLUMNS, type EventRow } from '../../../lib/store/events';
import type { Told } from './truth';

/** The stored events as a handler gets them, in the order of their rows. */
export async function storedEvents(dataSource: DataSource): Promise<readonly Told[]> {
  const catalog = new HookCatalog(dataSource).load();
  const rows: readonly EventRow[] = await dataSource.query(
    `SELECT ${EVENT_COLUMNS} FROM model_hook_event ORDER BY sequence::bigint, id`,
  );
  return rows.map((row) => {
    const { hook, operation, data, previous, changed } = toEvent(
      dataSource,
      catalog.get(row.hook),
      row,
    );
    return { hook, operation: String(operation), data, previous, changed: [...changed].sort() };
  });
}
