import type { Application } from './application';
import { Flow, type FlowOptions } from './flow';

/** A row of `model_hook_event`: the columns that specs read. */
export interface StoredEvent {
  readonly id: string;
  readonly hook: string;
  readonly event: string;
  readonly operation: string | null;
  readonly sender: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly previous: Readonly<Record<string, unknown>> | null;
  readonly targets: unknown;
  readonly occurred_at: Date;
}

/** A flow that sends nothing, so that a spec can read the events that it stored. */
export class StoredFlow extends Flow {
  private constructor(application: Application, options: FlowOptions) {
    super(application, options);
  }

  static override async start(options: FlowOptions = {}): Promise<StoredFlow> {
    const attach = { ...options.attach, work: false };
    return new StoredFlow(await Flow.start({ ...options, attach }), options);
  }

  /** The events of one hook, in the order of capture. */
  async stored(hook: string): Promise<readonly StoredEvent[]> {
    return (await this.#read()).filter((event) => event.hook === hook);
  }

  /** The names of all stored events, hook by hook. */
  async names(): Promise<readonly string[]> {
    return (await this.#read()).map(({ event }) => event);
  }

  async forget(): Promise<void> {
    await this.query('TRUNCATE model_hook_event');
  }

  #read(): Promise<readonly StoredEvent[]> {
    return this.query('SELECT * FROM model_hook_event ORDER BY hook, id');
  }
}
