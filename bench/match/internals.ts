import type { DataSource } from 'typeorm';
import { built } from '../built';

type Store = import('../../lib/store/store').Store;
type ListenerMatching = import('../../lib/listener/matching/matching').ListenerMatching;

/** The parts of an attachment that find listeners, made as it makes them. Planning matches each batch in a snapshot of the store. */
export function matchingOf(dataSource: DataSource): {
  readonly matching: ListenerMatching;
  readonly store: Store;
} {
  const catalog = new HookCatalog(dataSource).load();
  return {
    matching: new ListenerMatching(catalog),
    store: new Store(new Database(dataSource, 1), tablesOf(dataSource, 'public')),
  };
}

const { Database } = built<typeof import('../../lib/store/database')>('store/database');
const { Store } = built<typeof import('../../lib/store/store')>('store/store');
const { tablesOf } = built<typeof import('../../lib/store/tables')>('store/tables');
const { HookCatalog } = built<typeof import('../../lib/hook/catalog')>('hook/catalog');
const { ListenerMatching } = built<typeof import('../../lib/listener/matching/matching')>(
  'listener/matching/matching',
);
