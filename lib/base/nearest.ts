/** The name that was probably meant: the one with the fewest edits, if these are less than half of its characters. */
export function nearestName(given: string, names: readonly string[]): string | null {
  const text = given.slice(0, MAX_LENGTH).toLowerCase();
  const ranked = names
    .map((name) => ({ name, edits: editDistance(text, name.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const [best] = ranked;
  return best && best.edits < Math.max(text.length, best.name.length) / 2 ? best.name : null;
}

/** The end of a message about a name that does not exist: ` Did you mean "name"?`. Empty if no name is near. */
export function didYouMean(given: unknown, names: Iterable<string>): string {
  const nearest = typeof given === 'string' ? nearestName(given, [...names]) : null;
  return nearest === null ? '' : ` Did you mean "${nearest}"?`;
}

/** Longer than any option. */
const MAX_LENGTH = 64;

/**
 * Number of characters to insert, delete or replace to turn one text into the other (Levenshtein distance).
 *
 * @see https://en.wikipedia.org/wiki/Levenshtein_distance
 */
export function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, n) => n);
  for (const [n, character] of [...from].entries()) {
    const next = [n + 1];
    for (let at = 1; at <= to.length; at += 1) {
      const replaced = (row[at - 1] ?? 0) + (to[at - 1] === character ? 0 : 1);
      next.push(Math.min((row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1, replaced));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
