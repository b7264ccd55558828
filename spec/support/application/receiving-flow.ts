import { type Receiver, startReceiver } from '../receivers/receiver';
import type { Application } from './application';
import { Flow, type FlowOptions } from './flow';

/** The body of a request in the format `envelope`: the fields that specs read. */
export interface Envelope {
  readonly id: string;
  readonly event: string;
  readonly operation: string | null;
  readonly ref: string | null;
  readonly sender: string | null;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly previous: Readonly<Record<string, unknown>> | null;
  readonly changed: readonly string[];
}

/** A flow in which each hook has a listener at one receiver, in the format `envelope`. */
export class ReceivingFlow extends Flow {
  private constructor(
    application: Application,
    readonly receiver: Receiver,
    options: FlowOptions,
  ) {
    super(application, options);
  }

  static override async start(options: FlowOptions = {}): Promise<ReceivingFlow> {
    const receiver = await startReceiver();
    const application = await Flow.start(options).catch(async (error: unknown) => {
      await receiver.close();
      throw error;
    });
    for (const hook of application.hooks.list())
      await hook.listener({ url: receiver.url, format: 'envelope' }).save();
    return new ReceivingFlow(application, receiver, options);
  }

  /** What the receiver got in the order of capture, after everything is sent. */
  async received(): Promise<readonly Envelope[]> {
    await this.hooks.idle();
    return this.#envelopes();
  }

  /** The sorted names in what the receiver got until now. */
  names(): readonly string[] {
    return this.#envelopes()
      .map(({ data }) => String(data.name))
      .sort();
  }

  /** Names of the stored events. */
  async stored(): Promise<readonly string[]> {
    const rows = await this.query<{ readonly event: string }>(
      'SELECT event FROM model_hook_event ORDER BY id',
    );
    return rows.map(({ event }) => event);
  }

  /** Forgets what was captured and received. */
  async forget(): Promise<void> {
    await this.hooks.idle();
    await this.query('TRUNCATE model_hook_event');
    this.receiver.received.splice(0);
  }

  override async stop(): Promise<void> {
    await super.stop();
    await this.receiver.close();
  }

  /** Event ids ascend in the order of capture; requests overtake each other. */
  #envelopes(): readonly Envelope[] {
    const bodies = this.receiver.received.map(({ body }) => body as Envelope);
    return bodies.sort((one, other) => (one.id < other.id ? -1 : 1));
  }
}
