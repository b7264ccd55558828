export type Api = typeof import('@opentelemetry/api');

/** The name of the tracer and of the meter. */
export const INSTRUMENTATION = 'typeorm-model-hooks';

/** The API of OpenTelemetry, an optional peer; null if it is not installed. */
export function loadApi(): Api | null {
  try {
    return require('@opentelemetry/api') as Api;
  } catch {
    return null;
  }
}
