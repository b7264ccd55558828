import { validate as isUuid } from 'uuid';
import { base64UrlBytes } from '../base/base64';
import { OptionInvalidError } from '../errors/option-errors';
import type { Query } from './database';

/** A row that a page ended with. */
export interface LastRow {
  readonly id: string;
  readonly createdAt: Date;
}

/**
 * The cursor of the page after this row, in pages ordered by `created_at` and `id`. The clock of the database is finer than a JavaScript
 * Date, so the time is its own text. A row that was removed meanwhile keeps the time that is known of it.
 */
export async function cursorAfter(query: Query, table: string, last: LastRow): Promise<string> {
  const [row] = await query<{ at: string }>(
    `SELECT ${instantTextSql('created_at')} AS at FROM ${table} WHERE id = $1`,
    [last.id],
  );
  const at = row?.at ?? last.createdAt.toISOString();
  return Buffer.from(JSON.stringify([at, last.id])).toString('base64url');
}

/** `created_at` and `id` of the row that a cursor names. Throws `OPTION_INVALID`. */
export function positionOf(cursor: string): readonly [at: string, id: string] {
  try {
    const [at, id, ...others]: unknown[] = JSON.parse(`${base64UrlBytes(cursor)}`);
    if (others.length === 0 && isTime(at) && typeof id === 'string' && isUuid(id)) return [at, id];
  } catch {
    // Refused below, like any other text that is no cursor.
  }
  throw new OptionInvalidError('cursor', 'the `nextCursor` of a page');
}

/** A time as text, as exact as the clock of the database. */
export function instantTextSql(time: string): string {
  return `to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

const TIME = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z$/;
const SECONDS = '2026-01-01T00:00:00'.length;

/** Whether PostgreSQL can read it: JavaScript takes 31 February for a day in March. */
export function isTime(text: unknown): text is string {
  if (typeof text !== 'string' || !TIME.test(text)) return false;
  const time = new Date(text);
  return (
    !Number.isNaN(time.getTime()) && time.toISOString().slice(0, SECONDS) === text.slice(0, SECONDS)
  );
}

/** The cursor of bulk work: its kind, and the members that say where it goes on. */
export function bulkCursor(kind: string, members: readonly unknown[]): string {
  return Buffer.from(JSON.stringify([kind, ...members])).toString('base64url');
}

/** The members of a cursor of this kind. Throws `OPTION_INVALID` for any other text, and if `accepts` refuses them. */
export function bulkMembers<Members extends readonly unknown[]>(
  cursor: string,
  kind: string,
  accepts: (members: readonly unknown[]) => members is Members,
): Members {
  try {
    const [own, ...members]: unknown[] = JSON.parse(`${base64UrlBytes(cursor)}`);
    if (own === kind && accepts(members)) return members;
  } catch {
    // Refused below, like any other text that is no cursor.
  }
  throw foreignCursor();
}

/** The error of a cursor that was not made by the same call. */
export function foreignCursor(): OptionInvalidError {
  return new OptionInvalidError('cursor', 'the `cursor` of an earlier result of this method');
}

/** Whether it is the cursor of a page, as `cursorAfter` makes it. */
export function isPageCursor(cursor: unknown): cursor is string {
  if (typeof cursor !== 'string') return false;
  try {
    return positionOf(cursor).length > 0;
  } catch {
    return false;
  }
}
