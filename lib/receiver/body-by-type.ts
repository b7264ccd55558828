import { receivedBody } from './verified';

const FORM = /^application\/x-www-form-urlencoded\b/i;

/** A body as values: those of a form by name, parsed JSON, or the text. `json` is the parsed JSON, if it is known already. */
export function bodyByType(
  raw: Buffer,
  contentType = '',
  json: unknown = receivedBody(raw).body,
): unknown {
  if (FORM.test(contentType)) return Object.fromEntries(new URLSearchParams(raw.toString()));
  return json === undefined ? raw.toString() : json;
}
