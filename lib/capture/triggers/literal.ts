/** A text as SQL, whatever `standard_conforming_strings` is. */
export function literal(text: string): string {
  const quoted = text.replaceAll("'", "''");
  return quoted.includes('\\') ? ` E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`;
}

/** A text in quotes that it does not contain, for SQL inside SQL. */
export function dollarQuoted(text: string, name = 'model_hook'): string {
  let tag = `$${name}$`;
  while (text.includes(tag)) tag = tag.replace(/\$$/, '_$');
  return `${tag}${text}${tag}`;
}
