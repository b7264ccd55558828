import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isPlainObject, type JsonValue, toJson } from '../base/json';
import { deepFreeze } from '../capture/plain-row';
import type { InteractiveResponse } from '../delivery/handler/interactive-response';

/** What a handler of an interactive hook returns: an `InteractiveResponse`, or an object with a part of its fields. */
export type InteractiveAnswer = Pick<InteractiveResponse, 'status'> & Partial<InteractiveResponse>;

/** The HTTP statuses of answers that name none, or none that exists. */
const DEFAULT_HTTP_STATUS = { success: 200, fail: 400 } as const;

/** Headers that describe the transfer of a message. They would corrupt that of the answer to which they are copied. */
const OF_TRANSFER: ReadonlySet<string> = new Set(
  [
    'connection content-encoding content-length keep-alive proxy-authenticate proxy-authorization',
    'te trailer transfer-encoding upgrade',
  ].flatMap((line) => line.split(' ')),
);

/**
 * The answer that a value is, with the names of its fields in camel or snake case; the status `failure` means `fail`. Null if it is none. An HTTP status that does not
 * exist is replaced by 200 or 400, and what cannot be a header of a response is left out. `replied` is the HTTP status of the reply that the
 * value came with; it counts if the answer names none and both are a success, or a failure.
 */
export function readAnswer(value: unknown, replied?: number): InteractiveResponse | null {
  if (!isPlainObject(value)) return null;
  const { output } = value;
  const status = value.status === 'failure' ? 'fail' : value.status;
  if (status !== 'success' && status !== 'fail') return null;
  return deepFreeze({
    status,
    httpStatus: httpStatusOf([value.httpStatus ?? value.http_status, replied], status),
    headers: headersOf(value.headers),
    body: jsonOf(value.body),
    ...(output !== undefined && output !== null && { output: jsonOf(output) }),
  });
}

function httpStatusOf(
  [named, replied]: readonly [named: unknown, replied: number | undefined],
  status: InteractiveResponse['status'],
): number {
  if (isHttpStatus(named)) return named;
  const isSuccess = replied !== undefined && replied >= 200 && replied < 300;
  const fits = isSuccess === (status === 'success');
  return replied !== undefined && fits ? replied : DEFAULT_HTTP_STATUS[status];
}

/** A status below 200 announces another answer, and the client would wait for that. */
function isHttpStatus(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 200 && value <= 599;
}

/** The headers that a response can have; null if none is left. */
function headersOf(value: unknown): InteractiveResponse['headers'] {
  if (!isPlainObject(value)) return null;
  const entries = Object.entries(value).flatMap(([name, one]) => {
    const text = typeof one === 'number' ? String(one) : one;
    return typeof text === 'string' && isHeader(name, text) ? [[name, text] as const] : [];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : null;
}

function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return !OF_TRANSFER.has(name.toLowerCase());
  } catch {
    return false;
  }
}

/** A body may have a `toJSON` that throws. */
function jsonOf(value: unknown): JsonValue {
  return value === undefined ? null : toJson(value);
}
