import type { DataSource } from 'typeorm';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import type { EventRow } from '../../store/events';
import type { Store } from '../../store/store';
import { toEvent } from './event-row';

/** Reads one stored event as it is delivered. */
export class EventReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: Store,
    private readonly catalog: HookCatalog,
  ) {}

  /** Null if it is not stored. Throws `HOOK_NOT_FOUND` if its hook is attached in another process only. */
  async read(id: string): Promise<HookEvent | null> {
    const row = await this.row(id);
    return row ? toEvent(this.dataSource, this.catalog.get(row.hook), row) : null;
  }

  /** Undefined if it is not stored. */
  async row(id: string): Promise<EventRow | undefined> {
    const [row] = await this.store.events.read([id]);
    return row;
  }

  /** The event of a row. Null if its hook is not attached in this process, or if a transformer throws. */
  readable(row: EventRow): HookEvent | null {
    const hook = this.catalog.find(row.hook);
    if (!hook) return null;
    try {
      return toEvent(this.dataSource, hook, row);
    } catch {
      return null;
    }
  }
}
