/** The headers of a request: Fetch's `Headers`, those of `node:http`, or any record, with names in any case. */
export type ReceivedHeaders =
  | {
      /** The value of a header, by its name in any case. */
      get(name: string): string | null;
    }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The value of a header by its name in lower case; null if it is missing or empty. */
export function headerOf(headers: ReceivedHeaders, name: string): string | null {
  const value = isFetchHeaders(headers) ? headers.get(name) : fieldOf(headers, name);
  // In HTTP, several lines of one name are one list.
  const text = Array.isArray(value) ? value.join(', ') : value;
  return typeof text === 'string' && text !== '' ? text : null;
}

function isFetchHeaders(
  headers: ReceivedHeaders,
): headers is Extract<ReceivedHeaders, { get(name: string): string | null }> {
  return typeof headers.get === 'function';
}

function fieldOf(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  name: string,
): string | readonly string[] | undefined {
  if (Object.hasOwn(headers, name)) return headers[name];
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}
