/** An array as PostgreSQL writes it, of items that are null, arrays, or texts. */
export function arrayText(items: readonly (ArrayItem | null)[]): string {
  const texts = items.map((item) => {
    if (item === null) return 'NULL';
    return typeof item === 'string' ? quoted(item) : item.array;
  });
  return `{${texts.join(',')}}`;
}

/** The text of an item, or that of a nested array. */
export type ArrayItem = string | { readonly array: string };

function quoted(text: string): string {
  const isPlain = text !== '' && !/[{}",\\\s]/.test(text) && text.toLowerCase() !== 'null';
  return isPlain ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}
