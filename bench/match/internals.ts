import type { DataSource } from 'typeorm';
import { built } from '../built';

/** One match at a time, in a transaction of its own, as planning does it. */
export type InSnapshot = <T>(work: (query: Query) => Promise<T>) => Promise<T>;

type Query = import('../../lib/store/database').Query;
type ListenerMatching = import('../../lib/listener/matching/matching').ListenerMatching;

/** The parts of an attachment that find listeners, made as it makes them. */
export function matchingOf(dataSource: DataSource): {
  readonly matching: ListenerMatching;
  readonly inSnapshot: InSnapshot;
} {
  const tables = tablesOf(dataSource);
  const catalog = new HookCatalog(dataSource).load();
  const database = new Database(dataSource, 1);
  return {
    matching: new ListenerMatching(new Candidates(tables), catalog),
    inSnapshot: (work) => database.snapshot(work),
  };
}

const { Database } = built<typeof import('../../lib/store/database')>('store/database');
const { tablesOf } = built<typeof import('../../lib/store/tables')>('store/tables');
const { HookCatalog } = built<typeof import('../../lib/hook/catalog')>('hook/catalog');
const { Candidates } = built<typeof import('../../lib/listener/matching/candidates')>(
  'listener/matching/candidates',
);
const { ListenerMatching } = built<typeof import('../../lib/listener/matching/matching')>(
  'listener/matching/matching',
);
