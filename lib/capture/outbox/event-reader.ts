import type { DataSource } from 'typeorm';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import type { Store } from '../../store/store';
import { toEvent } from './event-row';

/** Reads one stored event as it is told. */
export class EventReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: Store,
    private readonly catalog: HookCatalog,
  ) {}

  /** Null where it is not stored. Throws `HOOK_NOT_FOUND` where its hook is attached elsewhere only. */
  async read(id: string): Promise<HookEvent | null> {
    const [row] = await this.store.events.read([id]);
    return row ? toEvent(this.dataSource, this.catalog.get(row.hook), row) : null;
  }
}
