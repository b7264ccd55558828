/** Words as the name of a class or a type: `add`, `triggers` → `AddTriggers`. Empty words are left out. */
export function capitalised(words: readonly string[]): string {
  return words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('');
}
