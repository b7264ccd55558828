import type { Report } from './chaos';

const MAX_FACTS = 20;
const MAX_LOGGED = 12;

/** Prints the figures, the most frequent log messages and the broken promises. */
export function printReport(report: Report): void {
  const { reported, broken } = report;
  console.log(report.server);
  const figures: readonly (readonly [string, string])[] = [
    ['events committed', count(report.committed)],
    ['events rolled back', `${count(reported.rolledBack)} (as reported by workers)`],
    ['transactions failed', `${count(reported.failed)} (as reported by workers)`],
    [
      'workers killed',
      `${count(report.kills)}, and ${count(report.freezes)} frozen beyond their leases`,
    ],
    ['PostgreSQL restarted', report.restarts.join(', then ')],
    ['deliveries', count(report.deliveries)],
    ['requests', `${count(report.requests)}, ${count(report.refused)} of them refused`],
    ['repeats', `${count(report.repeats)} of deliveries that had been accepted`],
    ['time', `${seconds(report.writingMs)} writing, ${seconds(report.settlingMs)} to settle`],
  ];
  for (const [name, figure] of figures) console.log(`  ${name.padEnd(22)}${figure}`);
  printSome('Logged', loggedLines(reported.logged), MAX_LOGGED);
  if (broken.length === 0) console.log('Every promise was kept.');
  else printSome(`${count(broken.length)} broken promises`, broken, MAX_FACTS);
}

function loggedLines(logged: ReadonlyMap<string, number>): readonly string[] {
  const entries = [...logged].sort(([, a], [, b]) => b - a);
  return entries.map(([message, times]) => `${times}× ${message}`);
}

function printSome(title: string, lines: readonly string[], most: number): void {
  if (lines.length === 0) return;
  console.log(`${title}:`);
  for (const line of lines.slice(0, most)) console.log(`  ${line}`);
  if (lines.length > most) console.log(`  … and ${count(lines.length - most)} more`);
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
