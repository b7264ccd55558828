import type { DataSource } from 'typeorm';
import type { Field } from '../../hook/field';
import { type Hook, pathsOfExtras } from '../../hook/hook';
import type { RefTemplate } from '../../hook/ref-template';
import { literal } from './literal';
import { isSentAsStored, percentEncodedSql, sentTextSql } from './sent-text-sql';
import { readable, type TableFacts } from './table-facts';

/** SQL of the members of an event besides its values. A member that is left out is null. */
export interface ExtrasSql {
  /** An expression of type text. */
  readonly ref?: string;
  /** An expression of type text. */
  readonly sender?: string;
  /** An expression of type json. */
  readonly headers?: string;
}

/**
 * SQL of the `ref`, the `sender` and the headers of an event about the row `alias`. Null if one of them needs JavaScript: a function of
 * the hook, or a column whose value is sent in another form than the database has. `eventExtras` gives the same for a row that was read.
 */
export function eventExtrasSql(
  dataSource: DataSource,
  { hook, columns }: { readonly hook: Hook; readonly columns: readonly Field[] },
  alias: string,
  facts?: TableFacts,
): ExtrasSql | null {
  const { ref, sender, headers } = hook.declared;
  if ([ref, sender, headers].some((option) => typeof option === 'function')) return null;
  const used = new Set(pathsOfExtras(hook));
  const fields = readable(columns, facts).filter(({ path }) => used.has(path));
  if (!fields.every(({ column }) => column && isSentAsStored(dataSource, column))) return null;
  const values = new Map(fields.map((field) => [field.path, valueSql(dataSource, field, alias)]));
  const senderText = typeof sender === 'string' && values.get(sender)?.text;
  return {
    ...(hook.ref && { ref: refSql(hook.ref, values) }),
    ...(senderText && { sender: senderText }),
    ...(headers && { headers: `${literal(JSON.stringify(headers))}::json` }),
  };
}

/** SQL of the text of a value, as it is and as it stands in a URL. */
interface ValueSql {
  readonly text: string;
  readonly encoded: string;
}

function valueSql(dataSource: DataSource, { column }: Field, alias: string): ValueSql {
  if (!column) throw new TypeError('Only a column has SQL of its text.');
  const name = `${alias}.${dataSource.driver.escape(column.databaseName)}`;
  const text = sentTextSql(dataSource, column, name);
  return { text, encoded: percentEncodedSql(dataSource, column, text) };
}

/** A column that the class does not have, or that the role may not read, leaves no text. */
function refSql(template: RefTemplate, values: ReadonlyMap<string, ValueSql>): string {
  const texts = template.map((part) => {
    if ('text' in part) return literal(part.text);
    const value = values.get(part.path);
    return value ? `coalesce(${value.encoded}, '')` : `''`;
  });
  return texts.join(' || ');
}
