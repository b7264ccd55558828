import { beginning } from '../../base/beginning';
import { isPlainObject, type JsonValue } from '../../base/json';
import { oneLine } from '../../base/one-line';
import type { Outcome } from '../chunk/outcome';
import { MIN_LENGTH, plainForms, type SecretForm, secretForms } from './secret-forms';
import { unescaped, withoutUnfinished } from './unescaped';

/** Replaces a secret. */
const REDACTED = '[secret]';
/** Levels of escapes that are looked through: JSON inside JSON inside a URL. */
const MAX_ESCAPES = 3;
/** Characters that are stored of a reason. */
const MAX_REASON_LENGTH = 1_024;

/** Removes secrets from a text. If the text was cut, its end may hold the beginning of a secret, which is removed too. */
export type Redact = (text: string, isCut?: boolean) => string;

/**
 * Removes secrets from what recipients reply: endpoints that echo requests repeat the headers. A secret is found as it was sent, in base64
 * or hexadecimal digits, and with the escapes of JSON, URLs and HTML. A recipient that encodes it in another way is not detected.
 *
 * Redact a text before it is cut: the part of a secret before the cut would not be found.
 */
export function redactor(secrets: () => readonly string[]): Redact {
  let forms: readonly SecretForm[] | undefined;
  let shortest: number | undefined;
  return (text, isCut = false) => {
    // Most replies are shorter than any secret.
    if (text.length < MIN_LENGTH) return text;
    shortest ??= Math.min(...plainForms(secrets()).map(({ length }) => length));
    if (text.length < shortest && !isCut) return text;
    forms ??= secretForms(secrets());
    return replaced(text, rangesOf(text, forms, isCut));
  };
}

/** A part of a text, without its end. */
type Range = readonly [start: number, end: number];

function rangesOf(text: string, forms: readonly SecretForm[], isCut: boolean): readonly Range[] {
  const ranges: Range[] = [];
  let source = text;
  let place = (at: number) => at;
  for (let level = 0; level <= MAX_ESCAPES; level += 1) {
    const searched = isCut ? withoutUnfinished(source) : source;
    for (const [start, end] of found(searched, forms, isCut))
      ranges.push([place(start), end < searched.length ? place(end) : place(source.length)]);
    const inner = unescaped(source);
    if (inner === null) break;
    const outer = place;
    place = (at) => outer(inner.starts[at] ?? 0);
    source = inner.text;
  }
  return ranges;
}

function* found(text: string, forms: readonly SecretForm[], isCut: boolean): Iterable<Range> {
  let lower: string | undefined;
  for (const form of forms) {
    // Only ASCII letters: other letters may become longer.
    if (form.isHex) lower ??= text.replace(/[A-F]+/g, (letters) => letters.toLowerCase());
    const searched = form.isHex ? (lower ?? text) : text;
    for (let at = searched.indexOf(form.text); at >= 0; at = searched.indexOf(form.text, at)) {
      yield [at, at + form.text.length];
      at += form.text.length;
    }
    const begun = isCut ? begunAtEnd(searched, form.text) : 0;
    if (begun > 0) yield [text.length - begun, text.length];
  }
}

/** How many characters at the end of a text are the beginning of a secret; 0 if it is too few to give anything away. */
function begunAtEnd(text: string, secret: string): number {
  const longest = Math.min(secret.length - 1, text.length);
  for (let length = longest; length >= MIN_LENGTH; length -= 1)
    if (text.endsWith(secret.slice(0, length))) return length;
  return 0;
}

/** The text with `[secret]` in place of each range. Ranges that overlap count as one. */
function replaced(text: string, ranges: readonly Range[]): string {
  if (ranges.length === 0) return text;
  const parts: string[] = [];
  let end = 0;
  for (const [start, stop] of [...ranges].sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
    if (start >= end) parts.push(text.slice(end, start), REDACTED);
    end = Math.max(end, stop);
  }
  return [...parts, text.slice(end)].join('');
}

/**
 * An outcome as it may be stored and reported: without secrets in its reason and its return value, and with the reason on one line of at
 * most 1,024 characters.
 */
export function discreet(outcome: Outcome, redact: Redact): Outcome {
  if (outcome.reason !== undefined)
    return { ...outcome, reason: discreetText(outcome.reason, redact) };
  if (outcome.kind !== 'done' || outcome.retval === undefined) return outcome;
  return { kind: 'done', retval: redactedJson(outcome.retval, redact) };
}

/** Characters that are stored of a reason that a handler gave, such as a stack. */
const MAX_HANDLER_REASON_LENGTH = 4_000;

/** The outcome of a handler as it may be stored: its reason may have lines, and 4,000 characters. */
export function discreetOfHandler(outcome: Outcome, redact: Redact): Outcome {
  if (outcome.reason === undefined) return discreet(outcome, redact);
  return { ...outcome, reason: beginning(redact(outcome.reason), MAX_HANDLER_REASON_LENGTH) };
}

/** A text of a recipient as a reason. */
export function discreetText(text: string, redact: Redact): string {
  return beginning(oneLine(redact(text)), MAX_REASON_LENGTH);
}

function redactedJson(value: JsonValue, redact: Redact): JsonValue {
  if (typeof value === 'string') return redact(value);
  if (typeof value === 'number') return redactedNumber(value, redact);
  if (Array.isArray(value)) return value.map((member) => redactedJson(member, redact));
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value as Readonly<Record<string, JsonValue>>);
  return Object.fromEntries(
    entries.map(([key, member]) => [redact(key), redactedJson(member, redact)]),
  );
}

/** A secret of digits may come back as a number. */
function redactedNumber(value: number, redact: Redact): JsonValue {
  const text = String(value);
  const shown = redact(text);
  return shown === text ? value : shown;
}
