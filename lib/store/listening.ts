import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { endsWithin } from '../base/deadline';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';

/** What a listening process does. */
export interface NotificationReader {
  readonly channel: string;
  received(payload: string): void;
  /** Notifications may have been missed before. */
  connected(): void;
}

/** The part of a client of `pg` that is used here. */
interface Client {
  /** Absent in clients without JavaScript's implementation of the protocol. */
  readonly connection?: { readonly stream?: { destroy(): void } };
  connect(): Promise<unknown>;
  query(sql: string): Promise<unknown>;
  end(): Promise<void>;
  on(event: 'error' | 'end', listener: () => void): unknown;
  on(event: 'notification', listener: (message: Notification) => void): unknown;
}

interface Notification {
  readonly channel: string;
  readonly payload?: string;
}

/** The pool of the application, as far as new connections are made as it makes them. */
interface ClientPool {
  readonly Client: new (options: object) => Client;
  readonly options: object;
}

/** Time to connect and to begin to listen. */
const CONNECT_MS = 10_000;
const CLOSE_MS = 1_000;
const KEEP_ALIVE_MS = 10_000;
/** Time between two tries to connect. It doubles after each failure. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Receives the notifications of other processes, on a connection of its own that has the options of the pool. A pooled connection would
 * be missed by the application, and poolers that give each transaction another connection lose `LISTEN`. A lost connection is replaced;
 * until then, sweeps find the work.
 */
export class Listening {
  readonly #stopping = new AbortController();
  #client: Client | undefined;
  #loop: Promise<void> | undefined;
  #hasWarned = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly reader: NotificationReader,
    private readonly logger: Pick<Logger, 'warn' | 'debug'>,
  ) {}

  /** Resolves when the first try to connect has ended, well or not. */
  start(): Promise<void> {
    return new Promise((tried) => {
      this.#loop = this.#run(tried);
    });
  }

  /** Closes the connection. Never rejects. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#client) close(this.#client);
    if (!this.#loop || (await endsWithin(this.#loop, CLOSE_MS))) return;
    // The server does not close its side.
    this.#client?.connection?.stream?.destroy();
  }

  async #run(tried: () => void): Promise<void> {
    const { signal } = this.#stopping;
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        const { lost } = await this.#connect();
        pauseMs = FIRST_PAUSE_MS;
        tried();
        await lost;
        this.#warn(new ClosedError());
      } catch (error) {
        this.#warn(error);
        tried();
      }
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }

  /** Resolves when this process listens. `lost` resolves when it does not any more. */
  async #connect(): Promise<{ readonly lost: Promise<void> }> {
    const client = this.#newClient();
    this.#client = client;
    const lost = new Promise<void>((resolve) => client.on('end', resolve));
    // The end of the connection follows, or the rejection of what waits for it.
    client.on('error', () => close(client));
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel === this.reader.channel) this.reader.received(payload);
    });
    try {
      const listening = this.#listen(client);
      // `pg` answers nothing if `end()` is called while it connects.
      const ended = Promise.race([listening, lost.then(() => Promise.reject(new ClosedError()))]);
      if (!(await endsWithin(ended, CONNECT_MS))) throw new TooSlowError();
      await ended;
    } catch (error) {
      close(client);
      throw error;
    }
    if (this.#hasWarned) this.logger.debug('This process receives notifications again.');
    this.#hasWarned = false;
    this.reader.connected();
    return { lost };
  }

  #newClient(): Client {
    const { master } = this.dataSource.driver as unknown as { readonly master: ClientPool };
    // The pool hides its password from enumeration.
    const options = Object.defineProperties({}, Object.getOwnPropertyDescriptors(master.options));
    const keepAlive = { keepAlive: true, keepAliveInitialDelayMillis: KEEP_ALIVE_MS };
    return new master.Client(Object.assign(options, keepAlive));
  }

  async #listen(client: Client): Promise<void> {
    await client.connect();
    await client.query(`LISTEN ${this.reader.channel}`);
  }

  /** One warning for each outage. */
  #warn(error: unknown): void {
    if (this.#hasWarned || this.#stopping.signal.aborted) return;
    this.#hasWarned = true;
    this.logger.warn('Notifications of other processes are not received; sweeps find their work.', {
      error: loggable(error),
    });
  }
}

class TooSlowError extends Error {
  constructor() {
    super(`The database did not answer within ${CONNECT_MS} ms.`);
  }
}

class ClosedError extends Error {
  constructor() {
    super('The connection was closed.');
  }
}

function close(client: Client): void {
  client.end().catch(() => undefined);
}
