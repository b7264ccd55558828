import { isPlainObject, type JsonValue } from '../../base/json';
import { oneLine } from '../../base/one-line';
import type { Outcome } from '../chunk/outcome';

/** In the place of what was taken out. */
const REDACTED = '[secret]';
/** Shorter secrets would tear words apart, and hide nothing. */
const MIN_LENGTH = 4;
/** Of a secret of several words, such as `Bearer …`, those of that length are one each. */
const MIN_WORD_LENGTH = 8;

export type Redact = (text: string) => string;

/**
 * Takes secrets out of what a recipient answered: those that show requests as they got them repeat the headers. As they were sent, and as
 * JSON writes them; who answers with them in another form cannot be found out.
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

/** An outcome as it may be stored and reported: of its reason and what was returned, no secret, and the reason on one line. */
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
