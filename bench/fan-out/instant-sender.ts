type ChunkSender = import('../../lib/delivery/attempt/sender').ChunkSender;
type ChunkLoader = import('../../lib/delivery/chunk/loading').ChunkLoader;
type Recorder = import('../../lib/delivery/record/recorder').Recorder;

/** Reads chunks as the real sender does, but sends nothing and reports a 200 for each delivery. */
export class InstantSender implements ChunkSender {
  readonly restraints = new Map<string, number>();
  #loading = 0;

  constructor(
    private readonly loader: ChunkLoader,
    private readonly recorder: Recorder,
  ) {}

  get size(): number {
    return this.#loading;
  }

  async send(...[chunk, planned]: Parameters<ChunkSender['send']>): Promise<boolean> {
    this.#loading += chunk.eventIds.length;
    const { deliveries, events, recipients } = await this.loader.load(chunk, planned);
    this.#loading -= chunk.eventIds.length;
    if (recipients.size !== deliveries.length) throw new Error('Listeners are missing.');
    for (const [n, { deliveryId, eventId, listenerId, state }] of deliveries.entries()) {
      const found = events.get(eventId);
      if (found?.kind !== 'readable') throw new Error('An event is missing.');
      this.recorder.add(
        {
          chunk,
          deliveryId,
          eventId,
          listenerId,
          hook: found.event.hook,
          event: found.event.name,
          state: { ...state, attempt: state.attempt + 1 },
          outcome: { kind: 'done' },
          attempted: {
            at: new Date(),
            durationMs: 0,
            httpStatus: 200,
            response: null,
            detail: null,
          },
          effect: {},
          ordered: false,
          closes: n === deliveries.length - 1,
        },
        false,
      );
    }
    return deliveries.length > 0;
  }

  close(): void {}

  stop(): Promise<void> {
    return Promise.resolve();
  }
}
