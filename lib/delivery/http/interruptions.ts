type Stop = () => void;

/** Breaks off what is in flight when a signal is aborted. Each signal has one listener: one for each request would cost more. */
export class Interruptions {
  readonly #stops = new WeakMap<AbortSignal, Set<Stop>>();

  /** Calls `stop` when the signal is aborted, unless the function that this returns was called before. */
  on(signal: AbortSignal, stop: Stop): () => void {
    const stops = this.#stops.get(signal) ?? this.#listen(signal);
    stops.add(stop);
    return () => stops.delete(stop);
  }

  #listen(signal: AbortSignal): Set<Stop> {
    const stops = new Set<Stop>();
    this.#stops.set(signal, stops);
    const stopAll = () => {
      for (const stop of stops) stop();
    };
    signal.addEventListener('abort', stopAll, { once: true });
    return stops;
  }
}
