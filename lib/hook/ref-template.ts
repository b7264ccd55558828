import type { JsonRecord, JsonValue } from '../base/json';
import { RefTemplateError } from '../errors/hook-errors';

/** One part of a template: a text of the URL, or the column whose value stands there. */
export type RefPart = { readonly text: string } | { readonly path: string };

/** A URL template of the option `ref`, checked against the columns of its entity. */
export type RefTemplate = readonly RefPart[];

/**
 * Parses a URI template of level 1: texts, and expressions like `{id}` that name a column path. Throws `HOOK_REF_INVALID`, because an
 * expression of a higher level would otherwise stand in each URL as it is written.
 *
 * @see RFC 6570, sections 1.2, 2.1 and 3.2.2
 */
export function refTemplate(
  hook: string,
  template: string,
  columns: ReadonlyMap<string, unknown>,
): RefTemplate {
  return template.split(EXPRESSION).flatMap((part, n): readonly RefPart[] => {
    if (n % 2 === 1) return [expression({ hook, template, columns }, part)];
    const [refused] = REFUSED.exec(part) ?? [];
    if (refused !== undefined)
      throw new RefTemplateError(hook, { template, part: refused, known: [] });
    return part === '' ? [] : [{ text: part.replace(ENCODED, percentEncoded) }];
  });
}

/** The URL of a row. `values` are those that are sent, by path. A value that is null or absent leaves no text. */
export function expandRef(template: RefTemplate, values: JsonRecord): string {
  const texts = template.map((part) =>
    'text' in part ? part.text : percentEncoded(sentText(values[part.path]) ?? ''),
  );
  return texts.join('');
}

/** The column paths of a template. */
export function pathsOfRef(template: RefTemplate | null): readonly string[] {
  return (template ?? []).flatMap((part) => ('path' in part ? part.path : []));
}

/** A value of an event as one text. Null if there is none. */
export function sentText(value: JsonValue | undefined): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Every byte in UTF-8 except those of the unreserved characters: letters, digits, `-`, `.`, `_` and `~`. */
function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

interface Source {
  readonly hook: string;
  readonly template: string;
  readonly columns: ReadonlyMap<string, unknown>;
}

function expression({ hook, template, columns }: Source, part: string): RefPart {
  const path = part.slice(1, -1);
  if (NAME.test(path) && columns.has(path)) return { path };
  throw new RefTemplateError(hook, { template, part, known: [...columns.keys()] });
}

const EXPRESSION = /(\{[^{}]*\})/;
const NAME = /^\w+(?:\.\w+)*$/;
/** What must not stand outside of expressions: `%` except before two digits, and the characters that no URL has. */
const REFUSED = /%(?![\dA-Fa-f]{2})|[\0-\x20\x7f"<>\\^`{|}]/;
const ENCODED = /[^\0-\x7f]+/g;
