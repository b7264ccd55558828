import {
  count,
  type Figure,
  printBroken,
  printFigures,
  printLogged,
  seconds,
} from '../chaos/printing';
import type { Report } from './soak';

/** Prints the figures, the most frequent log messages and the broken promises. */
export function printReport(report: Report): void {
  const { disturbances, observed, measures } = report;
  console.log(report.server);
  printFigures([
    ['events committed', count(report.committed)],
    ['events rolled back', count(observed.rolledBack)],
    ['transactions failed', count(observed.failed)],
    ['connections closed', count(disturbances.terminated)],
    ['connections frozen', count(disturbances.frozen)],
    ['PostgreSQL restarted', disturbances.restarts.join(', then ')],
    ['clock set', `${count(disturbances.clocksSet)} times`],
    ['endpoints', `${count(report.endpoints)}, one after another`],
    ['deliveries', count(report.deliveries)],
    ['requests', `${count(report.requests)}, ${count(report.refused)} of them refused`],
    ['repeats', `${count(report.repeats)} of deliveries that had been accepted`],
    ['events pruned', count(report.pruned)],
    ['rows at the end', rowsOf(report)],
    ...measures.map(({ name, value }): Figure => [name, value]),
    ['time', `${seconds(report.writingMs)} writing, ${seconds(report.settlingMs)} to settle`],
  ]);
  printLogged(observed.logged);
  printBroken(report.broken);
}

function rowsOf({ rows }: Report): string {
  return Object.entries(rows)
    .map(([table, rowCount]) => `${table} ${count(rowCount)}`)
    .join(', ');
}
