import { type Attributes, metrics } from '@opentelemetry/api';
import { MeterProvider, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';

export interface MetricPoint {
  readonly attributes: Attributes;
  /** A number, or the counts of a histogram. */
  readonly value: unknown;
}

/** The SDK for metrics, registered for this process, whose values are read when a spec wants them. */
export class MeasuredMetrics {
  readonly #reader = new ReadNow();
  readonly #beside = new ReadNow();
  readonly #provider = new MeterProvider({ readers: [this.#reader, this.#beside] });

  constructor() {
    metrics.setGlobalMeterProvider(this.#provider);
  }

  /** Without anything that was measured, there are no scopes. */
  async collected(): Promise<ResourceMetrics> {
    const { resourceMetrics, errors } = await this.#reader.collect();
    if (errors.length > 0) throw new AggregateError(errors);
    return resourceMetrics;
  }

  /** The present values of a metric; none if nothing was measured. */
  async points(name: string): Promise<readonly MetricPoint[]> {
    return pointsOf(await this.collected(), name);
  }

  /** The lag, as two readers collect it at the same time. */
  async twice(): Promise<readonly unknown[]> {
    const readers = [this.#reader, this.#beside];
    const collected = await Promise.all(readers.map((reader) => reader.collect()));
    return collected.flatMap(({ resourceMetrics }) =>
      pointsOf(resourceMetrics, 'model_hooks.lag.oldest').map(({ value }) => value),
    );
  }

  async stop(): Promise<void> {
    metrics.disable();
    await this.#provider.shutdown();
  }
}

/** A reader that collects when a spec wants it. */
class ReadNow extends MetricReader {
  protected onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function pointsOf({ scopeMetrics }: ResourceMetrics, name: string): readonly MetricPoint[] {
  const found = scopeMetrics
    .flatMap((scope) => scope.metrics)
    .find(({ descriptor }) => descriptor.name === name);
  return (found?.dataPoints ?? []).map(({ attributes, value }) => ({ attributes, value }));
}
