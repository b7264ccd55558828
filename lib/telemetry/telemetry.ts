import { VERSION } from '../base/version';
import type { StoredTrace } from '../store/events';
import { INSTRUMENTATION, loadApi } from './api';
import { Metrics } from './metrics';
import type { ResolvedTelemetry } from './options';
import { linkOf, traceOf } from './trace-context';

type Value = string | number | boolean;

/** What a span is about. */
export interface SpanFacts {
  readonly name: string;
  readonly hook: string;
  readonly kind: 'client' | 'consumer';
  readonly attributes: Readonly<Record<string, Value>>;
  /** The spans in which the events were made. */
  readonly traces: readonly StoredTrace[];
}

/** A span that is open. */
export interface OpenSpan {
  /** The headers that name it: none if it is not sampled by anybody, or the option `traceparent` is false. */
  readonly headers: Readonly<Record<string, string>>;
  set(attributes: Readonly<Record<string, Value>>): void;
  /** It has failed; `type` is of low cardinality, such as `500` or `timeout`. */
  fail(type: string): void;
}

/** An instrumentation of what sends would make a second span for the same request. */
const SUPPRESSED = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

const NO_SPAN: OpenSpan = { headers: {}, set: () => undefined, fail: () => undefined };

/** Spans and metrics of OpenTelemetry, if it is installed and not switched off. The API is looked up once. */
export class Telemetry {
  readonly #api;
  readonly #tracer;
  readonly #sendsTrace: boolean;
  /** Undefined if nothing is measured. */
  readonly metrics: Metrics | undefined;

  constructor(options: ResolvedTelemetry) {
    this.#api = options ? loadApi() : null;
    this.#tracer = this.#api?.trace.getTracer(INSTRUMENTATION, VERSION);
    this.metrics = this.#api ? new Metrics(this.#api) : undefined;
    this.#sendsTrace = options ? options.traceparent : false;
  }

  /** The span in which the present code runs; null if it runs in none. */
  readonly activeTrace = (): StoredTrace | null => {
    const span = this.#api?.trace.getActiveSpan()?.spanContext();
    return span && this.#api?.isSpanContextValid(span) ? traceOf(span) : null;
  };

  /**
   * Runs `fn` in a span of a new trace, which links to those in which the events were made. A delivery may be sent hours after its event, by
   * another process, and be one of a million: a child span would keep the trace of the event open for as long.
   */
  async within<T>(facts: SpanFacts, fn: (span: OpenSpan) => Promise<T>): Promise<T> {
    const [api, tracer] = [this.#api, this.#tracer];
    if (!api || !tracer) return fn(NO_SPAN);
    const span = tracer.startSpan(
      facts.name,
      {
        kind: facts.kind === 'client' ? api.SpanKind.CLIENT : api.SpanKind.CONSUMER,
        attributes: { 'model_hooks.hook': facts.hook, ...facts.attributes },
        links: facts.traces.flatMap((trace) => linkOf(api, trace) ?? []),
        root: true,
      },
      api.ROOT_CONTEXT,
    );
    const own = span.spanContext();
    const trace = api.isSpanContextValid(own) ? traceOf(own) : null;
    const active = api.trace.setSpan(api.ROOT_CONTEXT, span);
    const place = facts.kind === 'client' ? active.setValue(SUPPRESSED, true) : active;
    const open: OpenSpan = {
      headers: this.#sendsTrace && trace ? { ...trace } : {},
      set: (attributes) => void span.setAttributes(attributes),
      fail: (type) => {
        span.setAttribute('error.type', type);
        span.setStatus({ code: api.SpanStatusCode.ERROR });
      },
    };
    const ended = this.metrics?.begin(facts.hook);
    try {
      return await api.context.with(place, () => fn(open));
    } catch (error) {
      open.fail(error instanceof Error ? error.name : typeof error);
      throw error;
    } finally {
      ended?.();
      span.end();
    }
  }
}
