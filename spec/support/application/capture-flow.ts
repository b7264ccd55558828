import { type Receiver, startReceiver } from '../receivers/receiver';
import { type Application, type ApplicationOptions, startApplication } from './application';

/** A body of the format `envelope`, as far as specs look at it. */
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

/** An application whose every hook tells one receiver, in the format `envelope`. */
export interface CaptureFlow extends Application {
  readonly receiver: Receiver;
  /** What was received in full, in the order of capture, once nothing is left to send. */
  told(): Promise<readonly Envelope[]>;
  /** Names of the events that are stored. */
  stored(): Promise<readonly string[]>;
  /** Forgets what was captured and received. */
  forget(): Promise<void>;
}

export async function startCaptureFlow(options: ApplicationOptions): Promise<CaptureFlow> {
  const receiver = await startReceiver();
  const application = await startApplication(options).catch(async (error: unknown) => {
    await receiver.close();
    throw error;
  });
  const { dataSource, hooks } = application;
  for (const hook of hooks.list())
    await hook.listener({ url: receiver.url, format: 'envelope' }).save();
  return {
    ...application,
    receiver,
    told: async () => {
      await hooks.idle();
      return envelopes(receiver);
    },
    stored: async () => {
      const rows: readonly { event: string }[] = await dataSource.query(
        'SELECT event FROM model_hook_event ORDER BY id',
      );
      return rows.map(({ event }) => event);
    },
    forget: async () => {
      await hooks.idle();
      await dataSource.query('TRUNCATE model_hook_event');
      receiver.received.splice(0);
    },
    stop: async () => {
      await application.stop();
      await receiver.close();
    },
  };
}

/** In the order of capture: event ids ascend, requests overtake each other. */
function envelopes({ received }: Receiver): readonly Envelope[] {
  const bodies = received.map(({ body }) => body as Envelope);
  return bodies.sort((one, other) => (one.id < other.id ? -1 : 1));
}
