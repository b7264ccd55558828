import { hash } from 'node:crypto';
import type { Hook } from '../../hook/hook';
import type { RowKey } from './row-key';

/** As many hexadecimal digits as a UUID has. */
const DIGITS = 32;

/**
 * Names the row that a hook's event is about, so that its events can be kept in order. A hash: a primary key need not be provided, and
 * then is not to be stored.
 */
export function rowId({ name }: Hook, key: RowKey): string {
  return hash('sha256', JSON.stringify([name, ...key.map(canonical)])).slice(0, DIGITS);
}

/** An application may write one key in several ways; the database knows one. Rows that come to share an id only share an order. */
function canonical(value: string): string {
  return /^[+-]?\d+$/.test(value) ? BigInt(value.replace('+', '')).toString() : value.toLowerCase();
}
