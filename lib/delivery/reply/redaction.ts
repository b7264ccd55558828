import { isPlainObject, type JsonValue } from '../../base/json';
import { oneLine } from '../../base/one-line';
import type { Outcome } from '../chunk/outcome';

/** Replaces a secret. */
const REDACTED = '[secret]';
/** Shorter secrets are not redacted: they occur inside ordinary words, and redacting them would hide nothing. */
const MIN_LENGTH = 4;
/** Words of at least this length inside a secret (`Bearer abc…`) are redacted on their own, too. */
const MIN_WORD_LENGTH = 8;

export type Redact = (text: string) => string;

/**
 * Removes secrets from the replies of recipients: endpoints that echo requests repeat the headers. Secrets are found as they were sent and
 * as JSON writes them. A recipient that encodes them in another way is not detected.
 */
export function redactor(secrets: () => readonly string[]): Redact {
  let texts: readonly string[] | undefined;
  return (text) => {
    // Most replies are empty.
    if (text.length < MIN_LENGTH) return text;
    texts ??= secrets()
      .flatMap(forms)
      .sort((a, b) => b.length - a.length);
    const found = texts.filter((secret) => text.includes(secret));
    return found.reduce((left, secret) => left.replaceAll(secret, REDACTED), text);
  };
}

function forms(secret: string): readonly string[] {
  const words = secret.split(/[\s,;:=_]+/).filter(({ length }) => length >= MIN_WORD_LENGTH);
  const texts = [...(secret.length >= MIN_LENGTH ? [secret] : []), ...words];
  return [...new Set(texts.flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]))];
}

/** An outcome as it may be stored and reported: without secrets in its reason and its return value, and with the reason on one line. */
export function discreet(outcome: Outcome, redact: Redact): Outcome {
  if ('reason' in outcome) return { ...outcome, reason: oneLine(redact(outcome.reason)) };
  if (outcome.kind !== 'done' || outcome.retval === undefined) return outcome;
  return { kind: 'done', retval: redactedJson(outcome.retval, redact) };
}

function redactedJson(value: JsonValue, redact: Redact): JsonValue {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((member) => redactedJson(member, redact));
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value as Readonly<Record<string, JsonValue>>);
  return Object.fromEntries(
    entries.map(([key, member]) => [redact(key), redactedJson(member, redact)]),
  );
}
