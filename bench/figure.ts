/** One line of the table. */
export interface Figure {
  readonly figure: string;
  /** The goal, or null for a figure that only explains another one. */
  readonly goal: string | null;
  readonly reached: string;
  readonly isReached: boolean | null;
  /** The spread of the values and further observations. */
  readonly note: string;
}

/** A figure with a goal that must not be exceeded. */
export function atMost(
  limit: number,
  value: number,
  text: Pick<Figure, 'figure' | 'note'> & { readonly unit: string },
): Figure {
  const { figure, note, unit } = text;
  return {
    figure,
    goal: `≤ ${rounded(limit)}${unit}`,
    reached: `${rounded(value)}${unit}`,
    isReached: value <= limit,
    note,
  };
}

export function atLeast(
  limit: number,
  value: number,
  text: Pick<Figure, 'figure' | 'note'> & { readonly unit: string },
): Figure {
  const { figure, note, unit } = text;
  return {
    figure,
    goal: `≥ ${rounded(limit)}${unit}`,
    reached: `${rounded(value)}${unit}`,
    isReached: value >= limit,
    note,
  };
}

export function explains(figure: string, reached: string, note: string): Figure {
  return { figure, goal: null, reached, isReached: null, note };
}

export function rounded(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}

const COLUMNS = ['figure', 'goal', 'reached', 'met', 'note'] as const;

/** A Markdown table, padded so that it is readable as text. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ figure, goal, reached, isReached, note }) => [
    figure,
    goal ?? '',
    reached,
    isReached === null ? '' : isReached ? 'yes' : 'NO',
    note,
  ]);
  const widths = COLUMNS.map((column, n) =>
    Math.max(column.length, ...rows.map((row) => row[n]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(COLUMNS), rule, ...rows.map(line)].join('\n');
}
