/**
 * Marks in the SQL that a query builder makes. The builder replaces property names and parameters in its whole statement, so what is added
 * to the statement must not be there yet.
 */
const RETURNING_MARK = '"model_hook_returning"';
const WHERE_BEGIN = ' /*model_hook_where*/';
const WHERE_END = ' /*model_hook_end*/';

/** The items of a RETURNING clause, with a mark before them. */
export function markedReturning(items: string): string {
  return items === '' ? RETURNING_MARK : `${RETURNING_MARK}, ${items}`;
}

/** A WHERE clause, which may be empty, between marks. */
export function markedWhere(where: string): string {
  return `${WHERE_BEGIN}${where}${WHERE_END}`;
}

export interface MarkedStatement {
  /** The WHERE clause, which may be empty. */
  readonly where: string;
  /** The statement as it would be without marks. */
  readonly unchanged: string;
  /** The statement with its own WHERE clause, or with another one. */
  extended(returning: string, where?: string): string;
}

export function readMarks(sql: string): MarkedStatement {
  const [head = '', ...rest] = sql.split(WHERE_BEGIN);
  const [where = '', tail = ''] = rest.join(WHERE_BEGIN).split(WHERE_END);
  const whole = `${head}${where}${tail}`;
  return {
    where,
    unchanged: whole.replace(`${RETURNING_MARK}, `, '').replace(` RETURNING ${RETURNING_MARK}`, ''),
    extended: (returning, other = where) =>
      `${head}${other}${tail}`.replace(RETURNING_MARK, () => returning),
  };
}
