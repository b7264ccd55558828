import { isOptions, type Rule } from '../options/rules';

/** What OpenTelemetry is told. */
export interface TelemetryOptions {
  /** Whether requests have the headers `traceparent` and `tracestate` of their spans. @defaultValue `true` */
  readonly traceparent?: boolean;
}

export const TELEMETRY_DEFAULTS = {
  traceparent: true,
} as const satisfies Required<TelemetryOptions>;

/** `false` switches telemetry off. */
export const TELEMETRY: Rule = {
  accepts: (value) =>
    typeof value === 'boolean' ||
    (isOptions(value) &&
      Object.entries(value).every(
        ([name, one]) => name === 'traceparent' && (one === undefined || typeof one === 'boolean'),
      )),
  expected: 'true, false or { traceparent: boolean }',
};
