import type { DataSource } from 'typeorm';
import { grouped } from '../../../lib/base/grouped';
import type { AuditedChange, AuditedRow } from './audit';
import { differing, type Told, type Values } from './truth';

const TABLES = ['article', 'label', 'writer', 'article_label'] as const;

type Table = (typeof TABLES)[number];

/** The rows of the tables that an article is read from. */
export type Related = Readonly<Record<Table, readonly AuditedRow[]>>;

export async function relatedRows(dataSource: DataSource): Promise<Related> {
  const rows = TABLES.map((table) =>
    dataSource.query<{ row: AuditedRow }[]>(`SELECT to_jsonb(t) AS row FROM ${table} t`),
  );
  const [article = [], label = [], writer = [], junction = []] = (await Promise.all(rows)).map(
    (found) => found.map(({ row }) => row),
  );
  return { article, label, writer, article_label: junction };
}

/**
 * The events of articles. A statement that writes an article or its junction rows has one event for it, with the related values of
 * before and after the statement. `isSeen` says which changes the capture sees.
 */
export function articleEvents(
  before: Related,
  changes: readonly AuditedChange[],
  isSeen: (change: AuditedChange) => boolean,
): readonly Told[] {
  let state = before;
  const statements = grouped(changes, (change) => `${change.txid} ${change.statement}`);
  return [...statements.values()].flatMap((statement) => {
    const old = state;
    state = statement.reduce(applied, old);
    const ids = new Set(statement.filter(isSeen).flatMap(articlesOf));
    return [...ids].flatMap((id) => eventOf(read(old, id), read(state, id)));
  });
}

function applied(state: Related, change: AuditedChange): Related {
  const table = change.table.replace(/^public\./, '') as Table;
  if (!TABLES.includes(table)) return state;
  const old = JSON.stringify(change.old);
  const others = state[table].filter((row) => JSON.stringify(row) !== old);
  return { ...state, [table]: change.new ? [...others, change.new] : others };
}

function articlesOf({ table, old, new: now }: AuditedChange): readonly unknown[] {
  const rows = [old, now].filter((row) => row !== null);
  if (table === 'public.article') return rows.map(({ id }) => id);
  return table === 'public.article_label' ? rows.map(({ articleId }) => articleId) : [];
}

function read(state: Related, id: unknown): Values | null {
  const article = state.article.find((row) => row.id === id);
  if (!article) return null;
  const writer = state.writer.find((row) => row.id === article.writerId);
  const ids = state.article_label.filter((row) => row.articleId === id).map((row) => row.labelId);
  const labels = state.label
    .filter((row) => ids.includes(row.id) && row.deletedAt === null)
    .sort((one, other) => Number(one.id) - Number(other.id));
  return {
    id,
    title: article.title,
    'writer.id': article.writerId,
    'writer.name': writer?.name ?? null,
    'labels.id': labels.map((row) => row.id),
    'labels.name': labels.map((row) => row.name),
  };
}

function eventOf(previous: Values | null, data: Values | null): readonly Told[] {
  if (!data) {
    if (!previous) return [];
    return [{ hook: 'article', operation: 'remove', data: previous, previous: null, changed: [] }];
  }
  if (!previous) {
    const changed = Object.keys(data).sort();
    return [{ hook: 'article', operation: 'insert', data, previous: null, changed }];
  }
  const changed = differing(data, previous);
  if (changed.length === 0) return [];
  return [{ hook: 'article', operation: 'update', data, previous, changed }];
}
