import type { HookField } from '../../attach/attached-hook';
import { isPlainObject, type JsonValue } from '../../base/json';
import type { Listener } from '../../listener/declared/listener';
import { listenerJson } from '../listener-json';
import type { MatchJson } from '../match-json';
import { conditionOf, rowsOf } from './condition-rows';

/** What the form of a listener holds, by the names of its inputs. Of a choice of several, all. */
export type FormValues = Readonly<Record<string, string | readonly string[]>>;

export function textIn(values: FormValues, name: string): string {
  const value = values[name];
  return typeof value === 'string' ? value : (value?.[0] ?? '');
}

export function textsIn(values: FormValues, name: string): readonly string[] {
  const value = values[name] ?? [];
  return typeof value === 'string' ? [value] : value;
}

/** The body of an API request that says the same as the form. Members that are empty in the form are null: the default. */
export function inputOf(values: FormValues, fields: readonly HookField[]): Record<string, unknown> {
  const text = (name: string) => textIn(values, name).trim() || null;
  const address = textIn(values, 'url').trim();
  const operations = textsIn(values, 'operations');
  const hook = text('hook');
  const pattern = text('pattern');
  const maxPerSecond = text('maxPerSecond');
  return {
    ...(hook !== null && { hook }),
    ...(hook === null && pattern !== null && { pattern }),
    ...(address.startsWith('handler:')
      ? { handler: address.slice('handler:'.length) }
      : { url: address }),
    operations: operations.length > 0 ? operations : null,
    match: matchIn(values, fields),
    format: text('format'),
    contentType: text('contentType'),
    digest: text('digest'),
    signature: text('signature'),
    headers: headersIn(textIn(values, 'headers')),
    ...('owner' in values && { owner: text('owner') }),
    key: text('key'),
    ordered: textIn(values, 'ordered') === 'on',
    maxPerSecond: maxPerSecond === null ? null : Number(maxPerSecond),
    select: pathsIn(textIn(values, 'select')),
  };
}

/** The conditions of the rows, and those that were written as JSON. Text that is no JSON is refused as a match. */
function matchIn(values: FormValues, fields: readonly HookField[]): unknown {
  const rows = fields.flatMap((field): [string, JsonValue][] => {
    const row = {
      choice: textIn(values, `operator:${field.path}`),
      text: textIn(values, `value:${field.path}`),
    };
    const condition = conditionOf(field, row);
    return condition === undefined ? [] : [[field.path, condition]];
  });
  const further = textIn(values, 'match').trim();
  if (further === '') return Object.fromEntries(rows);
  try {
    const parsed: unknown = JSON.parse(further);
    return isPlainObject(parsed) ? { ...parsed, ...Object.fromEntries(rows) } : parsed;
  } catch {
    return further;
  }
}

/** Field paths, separated by commas or spaces. */
function pathsIn(text: string): readonly string[] | null {
  const paths = text.split(/[\s,]+/).filter((path) => path !== '');
  return paths.length > 0 ? paths : null;
}

const KEPT = '[secret]';

/** `Name: value` lines. */
export function headersIn(text: string): Record<string, string | { secret: null }> {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const entries = lines.map((line): [string, string | { secret: null }] => {
    const [name = '', ...rest] = line.split(':');
    const value = rest.join(':').trim();
    return [name.trim(), value === KEPT ? { secret: null } : value];
  });
  return Object.fromEntries(entries);
}

/** What the form of a stored listener begins with. */
export function valuesOf(listener: Listener, fields: readonly HookField[]): FormValues {
  const { match } = listenerJson(listener) as { readonly match: MatchJson };
  const { rows, others } = rowsOf(match, fields);
  const conditions = [...rows].flatMap(([path, { choice, text }]): [string, string][] => [
    [`operator:${path}`, choice],
    [`value:${path}`, text],
  ]);
  const headers = Object.entries(listener.headers).map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? value : KEPT}`,
  );
  return {
    hook: listener.hook ?? '',
    pattern: listener.pattern ?? '',
    url: listener.target,
    operations: listener.operations ?? [],
    match: Object.keys(others).length > 0 ? JSON.stringify(others, null, 2) : '',
    format: listener.format ?? '',
    contentType: listener.contentType,
    digest: listener.digest,
    signature: listener.signature,
    headers: headers.join('\n'),
    owner: listener.owner ?? '',
    key: listener.key ?? '',
    ordered: listener.ordered ? 'on' : '',
    maxPerSecond: listener.maxPerSecond === null ? '' : String(listener.maxPerSecond),
    select: listener.select?.join(', ') ?? '',
    ...Object.fromEntries(conditions),
  };
}
