/** A text in quotes that it does not contain, for SQL inside SQL. */
export function dollarQuoted(text: string, name = 'model_hook'): string {
  let tag = `$${name}$`;
  // The end of the text can be the beginning of the tag.
  while (`${text}${tag}`.indexOf(tag) < text.length) tag = tag.replace(/\$$/, '_$');
  return `${tag}${text}${tag}`;
}
