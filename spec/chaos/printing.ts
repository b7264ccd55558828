const MAX_FACTS = 20;
const MAX_LOGGED = 12;
const NAME_WIDTH = 24;

export type Figure = readonly [name: string, value: string];

export function printFigures(figures: readonly Figure[]): void {
  for (const [name, value] of figures) console.log(`  ${name.padEnd(NAME_WIDTH)}${value}`);
}

/** Prints the most frequent log messages. */
export function printLogged(logged: ReadonlyMap<string, number>): void {
  const entries = [...logged].sort(([, a], [, b]) => b - a);
  const lines = entries.map(([message, times]) => `${times}× ${message}`);
  printSome('Logged', lines, MAX_LOGGED);
}

export function printBroken(broken: readonly string[]): void {
  if (broken.length === 0) console.log('Every promise was kept.');
  else printSome(`${count(broken.length)} broken promises`, broken, MAX_FACTS);
}

function printSome(title: string, lines: readonly string[], most: number): void {
  if (lines.length === 0) return;
  console.log(`${title}:`);
  for (const line of lines.slice(0, most)) console.log(`  ${line}`);
  if (lines.length > most) console.log(`  … and ${count(lines.length - most)} more`);
}

export function count(value: number): string {
  return value.toLocaleString('en');
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
