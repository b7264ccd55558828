import {
  type Application,
  type ApplicationOptions,
  startApplication,
} from '../application/application';

/** An event as it is stored, as far as specs look at it. */
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

/** An application that sends nothing: what it captures stays to be looked at. */
export interface CaptureRows extends Application {
  /** What one hook stored, in the order of capture. */
  stored(hook: string): Promise<readonly StoredEvent[]>;
  /** The names of all stored events, hook by hook. */
  names(): Promise<readonly string[]>;
  forget(): Promise<void>;
}

export async function startCaptureRows(options: ApplicationOptions): Promise<CaptureRows> {
  const application = await startApplication({
    ...options,
    attach: { ...options.attach, work: false },
  });
  const { dataSource } = application;
  const read = (): Promise<readonly StoredEvent[]> =>
    dataSource.query('SELECT * FROM model_hook_event ORDER BY hook, id');
  return {
    ...application,
    stored: async (hook) => (await read()).filter((event) => event.hook === hook),
    names: async () => (await read()).map(({ event }) => event),
    forget: () => dataSource.query('TRUNCATE model_hook_event'),
  };
}
