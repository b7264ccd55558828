import type { FC } from 'hono/jsx';

/** One bar: its parts from below, each with the class that colours it. */
export interface Bar {
  readonly label: string;
  readonly parts: readonly {
    readonly name: string;
    readonly kind: string;
    readonly value: number;
  }[];
}

interface BarsProps {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 720;
const HEIGHT = 140;
const LEFT = 44;
const FLOOR = 116;

/** A bar chart. Those who cannot see it get its sums as text. */
export const Bars: FC<BarsProps> = ({ title, bars }) => {
  const highest = Math.max(1, ...bars.map(total));
  const step = (WIDTH - LEFT) / Math.max(1, bars.length);
  return (
    <svg
      class="chart"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={summary(title, bars)}
    >
      <text x="0" y="12">
        {shortNumber(highest)}
      </text>
      <text x="0" y={String(FLOOR)}>
        0
      </text>
      <line x1={String(LEFT)} y1={String(FLOOR)} x2={String(WIDTH)} y2={String(FLOOR)} />
      {bars.map((bar, n) => (
        <BarParts bar={bar} x={LEFT + n * step} width={step} highest={highest} />
      ))}
      <text x={String(LEFT)} y={String(HEIGHT - 6)}>
        {bars[0]?.label ?? ''}
      </text>
      <text x={String(WIDTH)} y={String(HEIGHT - 6)} text-anchor="end">
        {bars.at(-1)?.label ?? ''}
      </text>
    </svg>
  );
};

interface BarPartsProps {
  readonly bar: Bar;
  readonly x: number;
  readonly width: number;
  readonly highest: number;
}

const BarParts: FC<BarPartsProps> = ({ bar, x, width, highest }) => {
  let floor = FLOOR;
  return (
    <g>
      <title>{`${bar.label}: ${bar.parts.map(({ name, value }) => `${name} ${shortNumber(value)}`).join(', ')}`}</title>
      {bar.parts.map(({ kind, value }) => {
        const height = (value / highest) * (FLOOR - 8);
        floor -= height;
        return (
          <rect
            class={kind}
            x={x.toFixed(2)}
            y={floor.toFixed(2)}
            width={Math.max(1, width - 2).toFixed(2)}
            height={height.toFixed(2)}
          />
        );
      })}
    </g>
  );
};

function total({ parts }: Bar): number {
  return parts.reduce((sum, { value }) => sum + value, 0);
}

function summary(title: string, bars: readonly Bar[]): string {
  const sums = new Map<string, number>();
  for (const { name, value } of bars.flatMap(({ parts }) => parts))
    sums.set(name, (sums.get(name) ?? 0) + value);
  const texts = [...sums].map(([name, sum]) => `${name} ${shortNumber(sum)}`);
  return `${title}: ${texts.join(', ')}`;
}

/** `1234567` → `1.2M`. */
export function shortNumber(value: number): string {
  return new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format(
    value,
  );
}
