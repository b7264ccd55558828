import type { RecipientPolicy } from '../listener/recipient-policy';
import { HttpClient, type HttpClientOptions } from './http-client';

/** The HTTP clients of a process: one a policy, so that no connection is used under another policy than it was made under. */
export class Clients {
  readonly #clients = new Map<RecipientPolicy, HttpClient>();

  constructor(
    private readonly policyOf: (hook: string | null) => RecipientPolicy,
    private readonly options: HttpClientOptions,
  ) {}

  /** The client for the recipients of a hook. */
  for(hook: string): HttpClient {
    const policy = this.policyOf(hook);
    const client = this.#clients.get(policy) ?? new HttpClient(policy, this.options);
    this.#clients.set(policy, client);
    return client;
  }

  /** Closes idle connections and those still in use. */
  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }
}
