import { isPlainObject } from '../base/json';

/**
 * Classes of PostgreSQL's error codes that are about the rows of a statement: cardinality violation, data exception, constraint violation,
 * check option violation, limit exceeded, and what a trigger raises.
 */
const ABOUT_ROWS = /^(?:21|22|23|44|54|P0)/;

/**
 * Whether PostgreSQL refuses the rows of a statement, so that it refuses them again. After any other error, such as a lost connection or
 * a conflict with another transaction, the same statement may succeed later.
 */
export function isRefusal(error: unknown): boolean {
  return ABOUT_ROWS.test(refusalCode(error));
}

/** The error code of PostgreSQL, such as `22P05`; empty if there is none. */
export function refusalCode(error: unknown): string {
  const code = isPlainObject(error) ? error.code : null;
  return typeof code === 'string' && /^[A-Z0-9]{5}$/.test(code) ? code : '';
}

/**
 * Stores a batch. If PostgreSQL refuses it, the batch is divided into halves until the refused row is alone; `refused` gets that row, and
 * all others are stored. After any other error, rejects with `UnstoredError`.
 */
export async function storeApart<Row>(
  batch: readonly Row[],
  store: (rows: readonly Row[]) => Promise<void>,
  refused: (row: Row, error: unknown) => Promise<void>,
): Promise<void> {
  const parts = [batch];
  for (let part = parts.pop(); part; part = parts.pop()) {
    const half = Math.ceil(part.length / 2);
    try {
      await store(part).catch(async (error: unknown) => {
        const [first] = part;
        if (!isRefusal(error) || first === undefined) throw error;
        if (part.length > 1) parts.push(part.slice(half), part.slice(0, half));
        else await refused(first, error);
      });
    } catch (error) {
      throw new UnstoredError([part, ...parts.reverse()].flat(), error);
    }
  }
}

/** The database failed. `rows` are those that are not stored, in their order. */
export class UnstoredError<Row> extends Error {
  constructor(
    readonly rows: readonly Row[],
    cause: unknown,
  ) {
    super('Rows could not be stored.', { cause });
  }
}
