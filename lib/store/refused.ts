/** Classes of SQLSTATE that say that values are refused: data exceptions and exceeded limits. */
const REFUSED = /^(22|54)/;

/** Whether PostgreSQL refused values, so that it would refuse them again. A lost connection or a timeout is another matter. */
export function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && REFUSED.test(String(error.code));
}
