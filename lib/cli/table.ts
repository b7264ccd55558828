import { oneLine } from '../base/one-line';

const GAP = '  ';
/** The last column is not made narrower than this. */
const LEAST_WIDTH = 30;

/** Rows under a headline, in columns. The last column is wrapped at the width of the terminal. */
export function table(
  headline: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const cells = [headline, ...rows].map((row) => row.map(oneLine));
  const widths = headline.map((_, n) => Math.max(...cells.map((row) => row[n]?.length ?? 0)));
  const indent = widths.slice(0, -1).reduce((sum, one) => sum + one + GAP.length, 0);
  const lastWidth = Math.max(LEAST_WIDTH, width - indent);
  return cells.map((row) => lineOf(row, widths, { indent, lastWidth })).join('\n');
}

function lineOf(
  row: readonly string[],
  widths: readonly number[],
  { indent, lastWidth }: { readonly indent: number; readonly lastWidth: number },
): string {
  const first = row.slice(0, -1).map((cell, n) => cell.padEnd(widths[n] ?? 0) + GAP);
  const last = wrapped(row.at(-1) ?? '', lastWidth).join(`\n${' '.repeat(indent)}`);
  return `${first.join('')}${last}`.trimEnd();
}

/** Lines of at most this length, broken at spaces. A longer word has a line of its own. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
