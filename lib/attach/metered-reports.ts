import type { Reporter } from '../logging/reports';
import type { Metrics } from '../telemetry/metrics';

/** Counts attempts and outcomes by their reports. */
export function meterReports(
  reporter: Pick<Reporter, 'on'>,
  metrics: Pick<Metrics, 'attempt' | 'outcome'> | undefined,
): void {
  if (!metrics) return;
  reporter.on('attempt', (report) => metrics.attempt(report, report.durationMs));
  reporter.on('outcome', (report) => metrics.outcome(report));
}
