/** A text without its escapes, and where each of its UTF-16 units came from. */
export interface Unescaped {
  readonly text: string;
  /** Unit n stands for the source from `starts[n]` to `starts[n + 1]`. */
  readonly starts: readonly number[];
}

/** Escapes of URLs, of JSON and of HTML. A text inside a JSON text has several backslashes. */
const ESCAPES =
  /(?:%[\da-f]{2})+|\\+u([\da-f]{4})|\\+(["/\\bfnrt'])|&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|quot|apos));/gi;
const UNFINISHED = /(?:%[\da-f]?|\\+(?:u[\da-f]{0,3})?|&[#\w]{0,8})$/i;
const CONTROLS: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/** Resolves one level of escapes. Null if there are none. */
export function unescaped(source: string): Unescaped | null {
  const parts: string[] = [];
  const starts: number[] = [];
  let end = 0;
  const keep = (to: number) => {
    parts.push(source.slice(end, to));
    for (let at = end; at < to; at += 1) starts.push(at);
  };
  for (const match of source.matchAll(ESCAPES)) {
    keep(match.index);
    for (const { text, length } of replacements(match)) {
      parts.push(text);
      for (let unit = 0; unit < text.length; unit += 1) starts.push(match.index + length);
    }
    end = match.index + match[0].length;
  }
  if (end === 0) return null;
  keep(source.length);
  return { text: parts.join(''), starts: [...starts, source.length] };
}

/** A text that was cut, without an escape that was cut. */
export function withoutUnfinished(text: string): string {
  return text.replace(UNFINISHED, '');
}

interface Replacement {
  readonly text: string;
  /** Units of the escape before it. */
  readonly length: number;
}

function replacements(match: RegExpExecArray): readonly Replacement[] {
  const [whole, unit, character, decimal, hex, name] = match;
  if (whole.startsWith('%')) return percentDecoded(whole);
  const text =
    name !== undefined
      ? (ENTITIES[name.toLowerCase()] ?? '')
      : character !== undefined
        ? (CONTROLS[character] ?? character)
        : codePoint(unit ?? hex, decimal);
  return [{ text, length: 0 }];
}

function codePoint(hex: string | undefined, decimal: string | undefined): string {
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : '\uFFFD';
}

/** Each character of a run of percent-encoded UTF-8. */
function percentDecoded(run: string): readonly Replacement[] {
  const characters = [...Buffer.from(run.replaceAll('%', ''), 'hex').toString()];
  let length = 0;
  return characters.map((text) => {
    const replacement = { text, length: Math.min(length, run.length) };
    length += 3 * Buffer.byteLength(text);
    return replacement;
  });
}
