import { isPlainObject } from '../base/json';

/** The value of a header: a text, or a secret one. */
export type HeaderValue = string | SecretValue;

/** A value that is encrypted in the database and shown only to the recipient. */
export interface SecretValue {
  readonly secret: string;
}

/** The value of a header as it is read again: `{ secret: null }` in place of a secret one. */
export type ShownHeaderValue = string | { readonly secret: null };

export type HeaderValues = Readonly<Record<string, HeaderValue>>;

/**
 * Marks the value of a header as secret: it is encrypted in the database and never returned.
 *
 * @example
 * hooks.for(Person).listener({ url, headers: { Authorization: secret('Bearer abc') } });
 */
export function secret(text: string): SecretValue {
  return { secret: text };
}

/** The text of a header value, secret or not. Anything else is returned as it is. */
export function textOf(value: unknown): unknown {
  return isMarkedSecret(value) ? value.secret : value;
}

export function isMarkedSecret(value: unknown): value is SecretValue {
  return isPlainObject(value) && Object.hasOwn(value, 'secret') && Object.keys(value).length === 1;
}

const NO_HEADERS = {};

/** Headers whose secret values are replaced by the result of `become`. */
export function withSecrets<Value>(
  headers: HeaderValues,
  become: (text: string, name: string) => Value,
): Readonly<Record<string, string | Value>> {
  const entries = Object.entries(headers);
  if (entries.length === 0) return NO_HEADERS;
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      isMarkedSecret(value) ? become(value.secret, name) : value,
    ]),
  );
}

/** The texts of all secret values. */
export function secretTexts(headers: HeaderValues): readonly string[] {
  return Object.values(headers).flatMap((value) => (isMarkedSecret(value) ? [value.secret] : []));
}
