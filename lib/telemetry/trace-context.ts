import type { StoredTrace } from '../store/events';

/** The part of a span context that is stored. */
interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly traceState?: { serialize(): string } | undefined;
}

/** A longer `tracestate` is left out, as W3C Trace Context permits. */
const MAX_TRACESTATE = 512;

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * A span in the notation of its headers.
 *
 * @see https://www.w3.org/TR/trace-context/
 */
export function traceOf({ traceId, spanId, traceFlags, traceState }: SpanIds): StoredTrace {
  const flags = (traceFlags & 0xff).toString(16).padStart(2, '0');
  const state = traceState?.serialize() ?? '';
  const traceparent = `00-${traceId}-${spanId}-${flags}`;
  return state === '' || state.length > MAX_TRACESTATE
    ? { traceparent }
    : { traceparent, tracestate: state };
}

/** A link to a stored span; null if what is stored has another notation. */
export function linkOf<State>(
  { createTraceState }: { createTraceState(text?: string): State },
  { traceparent, tracestate }: StoredTrace,
) {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  const state = tracestate === undefined ? {} : { traceState: createTraceState(tracestate) };
  return {
    context: { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true, ...state },
  };
}
