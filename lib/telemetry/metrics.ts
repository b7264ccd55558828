import type {
  Attributes,
  Counter,
  Histogram,
  MeterProvider,
  ObservableGauge,
  ObservableResult,
  UpDownCounter,
} from '@opentelemetry/api';
import { VERSION } from '../base/version';
import { type Api, INSTRUMENTATION } from './api';

/** Events of one hook and operation. */
export interface CapturedEvents {
  readonly hook: string;
  /** Null for an event that no change of a row made. */
  readonly operation: string | null;
  readonly count: number;
}

/** How an attempt or a delivery ended. */
export interface Ended {
  readonly hook: string;
  readonly status: string;
}

/** Reads a value when metrics are collected; null if it is not known. */
export type ReadGauge = () => Promise<number | null>;

interface Instruments {
  readonly provider: MeterProvider;
  readonly captured: Counter;
  readonly outcomes: Counter;
  readonly durations: Histogram;
  readonly inFlight: UpDownCounter;
  readonly oldest: ObservableGauge;
}

type Observe = (result: ObservableResult) => Promise<void>;

/** From a local server to the longest time-out, as the metrics of the command line. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics of OpenTelemetry. Their attributes are names of hooks, operations and statuses, so their number is bounded. */
export class Metrics {
  #latest: Instruments | undefined;
  readonly #observed = new Set<Observe>();

  constructor(private readonly api: Api) {}

  captured({ hook, operation, count }: CapturedEvents): void {
    const attributes = {
      'model_hooks.hook': hook,
      ...(operation !== null && { 'model_hooks.operation': operation }),
    };
    this.#instruments.captured.add(count, attributes);
  }

  outcome(ended: Ended): void {
    this.#instruments.outcomes.add(1, attributesOf(ended));
  }

  attempt(ended: Ended, durationMs: number): void {
    this.#instruments.durations.record(durationMs / 1_000, attributesOf(ended));
  }

  /** A request or a call of a handler begins. The returned function says that it has ended. */
  begin(hook: string): () => void {
    const { inFlight } = this.#instruments;
    const attributes = { 'model_hooks.hook': hook };
    inFlight.add(1, attributes);
    return () => inFlight.add(-1, attributes);
  }

  /** Reads the age of the oldest open work, in seconds, whenever metrics are collected, until the returned function is called. */
  observeOldest(read: ReadGauge, attributes: Attributes): () => void {
    const observe: Observe = async (result) => {
      const seconds = await read();
      if (seconds !== null) result.observe(seconds, attributes);
    };
    this.#instruments.oldest.addCallback(observe);
    this.#observed.add(observe);
    return () => {
      this.#observed.delete(observe);
      this.#latest?.oldest.removeCallback(observe);
    };
  }

  /** Unlike a tracer, a meter that was made before the SDK was registered never counts. So the provider is looked up each time. */
  get #instruments(): Instruments {
    const provider = this.api.metrics.getMeterProvider();
    if (this.#latest?.provider === provider) return this.#latest;
    const instruments = instrumentsOf(provider);
    for (const observe of this.#observed) {
      this.#latest?.oldest.removeCallback(observe);
      instruments.oldest.addCallback(observe);
    }
    this.#latest = instruments;
    return instruments;
  }
}

function instrumentsOf(provider: MeterProvider): Instruments {
  const meter = provider.getMeter(INSTRUMENTATION, VERSION);
  return {
    provider,
    captured: meter.createCounter('model_hooks.events.captured', {
      unit: '{event}',
      description: 'Committed events that this process has planned.',
    }),
    outcomes: meter.createCounter('model_hooks.outcomes', {
      unit: '{outcome}',
      description: 'Outcomes of deliveries that this process has stored.',
    }),
    durations: meter.createHistogram('model_hooks.attempt.duration', {
      unit: 's',
      description: 'Duration of attempts of this process, with or without a reply.',
      advice: { explicitBucketBoundaries: SECONDS },
    }),
    inFlight: meter.createUpDownCounter('model_hooks.attempts.in_flight', {
      unit: '{attempt}',
      description:
        'Requests and calls of handlers that this process has begun and that have not ended.',
    }),
    oldest: meter.createObservableGauge('model_hooks.lag.oldest', {
      unit: 's',
      description:
        'Time since the oldest event was stored that is not planned, or the oldest delivery was due that is not sent, in all processes.',
    }),
  };
}

function attributesOf({ hook, status }: Ended): Attributes {
  return { 'model_hooks.hook': hook, 'model_hooks.status': status };
}
