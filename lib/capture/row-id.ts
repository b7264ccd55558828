import { v5 as uuidv5 } from 'uuid';
import type { Hook } from '../hook/hook';
import type { RowKey } from './plan';

const NAMESPACE = '6f6e3d0a-5f0b-4d0e-9b39-2c1f6a1c7d55';

/**
 * Names the row that a hook's event is about, so that its events can be kept in order. A hash: a primary key need not be provided, and
 * then is not to be stored.
 */
export function rowId({ name }: Hook, key: RowKey): string {
  return uuidv5(JSON.stringify([name, key.map(canonical)]), NAMESPACE);
}

/** An application may write one key in several ways; the database knows one. Rows that come to share an id only share an order. */
function canonical(value: string): string {
  return /^[+-]?\d+$/.test(value) ? BigInt(value.replace('+', '')).toString() : value.toLowerCase();
}
