import type { Report } from './chaos';
import { count, printBroken, printFigures, printLogged, seconds } from './printing';

/** Prints the figures, the most frequent log messages and the broken promises. */
export function printReport(report: Report): void {
  const { reported } = report;
  console.log(report.server);
  printFigures([
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
  ]);
  printLogged(reported.logged);
  printBroken(report.broken);
}
