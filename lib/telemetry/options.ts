import { isOptions, type Rule } from '../options/rules';

/** What the spans of OpenTelemetry do. */
export interface TelemetryOptions {
  /** Whether requests have the headers `traceparent` and `tracestate` of their spans. @defaultValue `true` */
  readonly traceparent?: boolean;
}

export const TELEMETRY_DEFAULTS = {
  traceparent: true,
} as const satisfies Required<TelemetryOptions>;

/** False: telemetry is off. */
export type ResolvedTelemetry = false | Required<TelemetryOptions>;

/** What `given` means, so that two spellings of it can be compared. */
export function resolvedTelemetry(given: boolean | TelemetryOptions): ResolvedTelemetry {
  if (given === false) return false;
  const { traceparent = TELEMETRY_DEFAULTS.traceparent } = given === true ? {} : given;
  return { traceparent };
}

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
