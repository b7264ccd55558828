import type { Report } from './chaos';

const MAX_FACTS = 20;
const MAX_LOGGED = 12;

/** The figures, what was logged most often, and which promises were broken. */
export function printReport(report: Report): void {
  const { hearsay, broken } = report;
  console.log(report.server);
  const figures: readonly (readonly [string, string])[] = [
    ['events committed', count(report.committed)],
    ['events rolled back', `${count(hearsay.rolledBack)}, of those heard of`],
    ['transactions failed', `${count(hearsay.unanswered)}, of those heard of`],
    [
      'workers killed',
      `${count(report.kills)}, frozen beyond their leases ${count(report.freezes)}`,
    ],
    ['PostgreSQL restarted', report.restarts.join(', then ')],
    ['deliveries', count(report.deliveries)],
    ['requests', `${count(report.requests)}, of which refused ${count(report.refused)}`],
    ['repeats', `${count(report.repeats)}, of deliveries that had been accepted`],
    ['time', `${seconds(report.writingMs)} writing, ${seconds(report.settlingMs)} to settle`],
  ];
  for (const [name, figure] of figures) console.log(`  ${name.padEnd(22)}${figure}`);
  printSome('Logged', loggedLines(hearsay.logged), MAX_LOGGED);
  if (broken.length === 0) console.log('Every promise was kept.');
  else printSome(`${count(broken.length)} facts break a promise`, broken, MAX_FACTS);
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
