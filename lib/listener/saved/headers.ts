import { isObjectLiteral } from '../../base/json';
import { quoted } from '../../base/quoted';
import { isMarkedSecret, textOf } from '../../options/header-value';

const MAX_HEADERS = 32;
const MAX_HEADER_LENGTH = 1_024;
/** The most characters of all names and values together. Many servers accept no more than 8 kB. */
const MAX_HEADERS_LENGTH = 8_192;
/** Problems that one error describes. */
const MAX_PROBLEMS = 5;

/** Headers that the package sets, that would change the route or the form of the request, and names that are unsafe as keys. */
const RESERVED_HEADER =
  /^(host|content-.*|transfer-encoding|connection|keep-alive|proxy-.*|te|trailer|upgrade|expect|hook-.*|webhook-.*|traceparent|tracestate|__proto__)$/i;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;
// Visible characters, spaces and tabs. A line break in any code page could start another header.
const HEADER_VALUE = /^[\t\x20-\x7e\xa0-\xff]*$/;

type Header = readonly [name: string, value: string];

/** Why a listener cannot have these headers. Null if it can. Names each header, and shows no value. */
export function headersProblem(headers: unknown): string | null {
  if (!isObjectLiteral(headers)) return 'must be a plain object of texts by header name';
  const entries = Object.entries(headers);
  if (entries.length > MAX_HEADERS)
    return `must be at most ${MAX_HEADERS} headers; got ${entries.length}`;
  const problems = entries.flatMap((header) => headerProblem(header) ?? []);
  if (problems.length > 0) return problems.slice(0, MAX_PROBLEMS).join(', ');
  const length = lengthOf(entries.map(([name, value]) => [name, String(textOf(value))]));
  if (length <= MAX_HEADERS_LENGTH) return null;
  return `must be at most ${MAX_HEADERS_LENGTH} characters in all; got ${length}`;
}

function headerProblem([name, value]: readonly [string, unknown]): string | null {
  const problem = nameProblem(name) ?? valueProblem(value);
  return problem === null ? null : `${quoted(name)} ${problem}`;
}

function nameProblem(name: string): string | null {
  if (!HEADER_NAME.test(name)) return 'has characters that the name of a header cannot have';
  return RESERVED_HEADER.test(name) ? 'is reserved: this package or HTTP sets it' : null;
}

function valueProblem(value: unknown): string | null {
  if (isMarkedSecret(value) && value.secret === null)
    return 'must be given again: its value is secret and is not shown';
  const text = textOf(value);
  if (typeof text !== 'string') return 'must be a text or secret(text)';
  if (text.length > MAX_HEADER_LENGTH) return `is longer than ${MAX_HEADER_LENGTH} characters`;
  return HEADER_VALUE.test(text) ? null : 'has characters that a header cannot hold';
}

/** The headers that may be sent beside those of the package. Headers beyond the limits of number and length are left out. */
export function sendable(headers: readonly (readonly [string, unknown])[]): readonly Header[] {
  let left = MAX_HEADERS_LENGTH;
  const fitting = headers.filter(isHeader).filter((header) => {
    left -= lengthOf([header]);
    return left >= 0;
  });
  return fitting.slice(0, MAX_HEADERS);
}

function isHeader(header: readonly [string, unknown]): header is Header {
  return typeof header[1] === 'string' && headerProblem(header) === null;
}

function lengthOf(headers: readonly Header[]): number {
  return headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
}
